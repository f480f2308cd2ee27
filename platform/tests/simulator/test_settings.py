from pathlib import Path

import pytest

from stripe_simulator.settings import parse

pytestmark = pytest.mark.unit

KEYS = {
    "STRIPE_SIMULATOR_SECRET_KEY": "sk_test_1",
    "STRIPE_SIMULATOR_PUBLISHABLE_KEY": "pk_test_1",
    "STRIPE_SIMULATOR_WEBHOOK_SECRET": "whsec_1",
    "STRIPE_SIMULATOR_STATE": "state.db",
}


def test_the_environment_is_read_with_types() -> None:
    settings = parse([], {**KEYS, "STRIPE_SIMULATOR_PORT": "18000", "STRIPE_SIMULATOR_WEBHOOK_RETRY_BASE": "0.5"})
    assert (settings.port, settings.webhook_retry_base, settings.state) == (18000, 0.5, Path("state.db"))
    assert settings.base_url == "http://127.0.0.1:18000"


def test_the_command_line_comes_first() -> None:
    given = ["--port", "19000", "--public-url", "https://localhost/stripe/"]
    settings = parse(given, {**KEYS, "STRIPE_SIMULATOR_PORT": "18000"})
    assert (settings.port, settings.base_url) == (19000, "https://localhost/stripe")


@pytest.mark.parametrize(
    ("arguments", "environment"), [([], {}), (["--webhook-url", "localhost:1"], KEYS), (["--port", "x"], KEYS)]
)
def test_mistakes_are_refused(
    arguments: list[str], environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse(arguments, environment)
    assert "usage:" in capsys.readouterr().err
