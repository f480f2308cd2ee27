from pathlib import Path

import pytest
from pydantic import ValidationError

from parking_platform.settings import FILE, load_settings


def test_every_service_and_server_has_a_port_of_its_own() -> None:
    settings = load_settings(environment={})

    assert len(set(settings.ports.values())) == len(settings.ports)
    for name in settings.databases:
        assert {name, f"{name}_worker"} <= settings.ports.keys()


def test_there_are_six_databases_and_no_service_without_one() -> None:
    settings = load_settings(environment={})

    assert list(settings.databases) == ["auth", "parking", "reservation", "payment", "notification", "analytics"]
    assert settings.services.keys() <= settings.databases.keys()


def test_profiles_name_the_same_rates() -> None:
    profiles = load_settings(environment={}).profiles

    assert profiles["default"].rates.keys() == profiles["bench"].rates.keys()


def test_the_environment_moves_a_port() -> None:
    settings = load_settings(environment={"PARKING_PORT_GATEWAY": "9443"})

    assert settings.ports["gateway"] == 9443


@pytest.mark.parametrize(
    ("old", "new"),
    [("gateway = 8443", "gateway = 443"), ('uses = ["mail"', 'uses = ["males"'), ("[services]", "[servises]")],
)
def test_a_wrong_value_is_refused(tmp_path: Path, old: str, new: str) -> None:
    file = tmp_path / "platform.toml"
    content = FILE.read_text()
    assert old in content
    file.write_text(content.replace(old, new, 1))

    with pytest.raises(ValidationError):
        load_settings(file, environment={})
