import pytest

from parking_platform.servers.nginx import UnknownVariable, render


def test_fills_in_our_variables_and_leaves_nginx_its_own() -> None:
    assert render("listen ${PORT}; return 200 $uri${args};", {"PORT": "8443"}) == "listen 8443; return 200 $uri${args};"


def test_names_the_template_and_the_variable_that_nobody_sets() -> None:
    with pytest.raises(UnknownVariable, match=r"limits\.conf uses \$\{RATE_OTHER\}"):
        render("rate=${RATE_OTHER}", {}, "limits.conf")
