"""Which passwords are accepted."""

import pytest

from auth_service.domain.errors import UnacceptablePassword
from auth_service.domain.passwords import check_password

EMAIL = "Dora@example.com"


@pytest.mark.parametrize(
    "password",
    [
        "10 chars!!",
        "x" * 72,
        "\u00e9" * 36,
        "  blanks count  ",
        "\u5bc6\u7801" * 5,
    ],
)
def test_any_characters_do_within_the_lengths(password: str) -> None:
    check_password(password, EMAIL)


@pytest.mark.parametrize(
    ("password", "rule"),
    [
        ("9 chars!!", "at least 10"),
        ("x" * 73, "at most 72 bytes"),
        ("\u00e9" * 37, "at most 72 bytes"),
        ("dora@EXAMPLE.com", "e-mail"),
    ],
)
def test_a_rule_that_is_broken_is_named(password: str, rule: str) -> None:
    with pytest.raises(UnacceptablePassword, match=rule):
        check_password(password, EMAIL)


def test_the_first_part_of_the_address_is_no_password() -> None:
    with pytest.raises(UnacceptablePassword, match="first part"):
        check_password("Dora.Driver", "dora.driver@example.com")
