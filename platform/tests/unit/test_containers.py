"""docker-compose.yml says what platform.toml says, and what it needs is written by the code of the native platform."""

import importlib
import json
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from parking_chassis.settings import ServiceSettings
from parking_platform.composition import Composition
from parking_platform.containers import Containers, environment_files
from parking_platform.layout import Layout
from parking_platform.programs import CHECKOUT
from parking_platform.report import Report
from parking_platform.secret_store import SecretStore, public_halves
from parking_platform.settings import load_settings, port_variable

COMPOSE: Mapping[str, Any] = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())
CONTAINERS: Mapping[str, Mapping[str, Any]] = COMPOSE["services"]
SETTINGS = load_settings(environment={})
OURS = sorted(name for name, container in CONTAINERS.items() if "build" in container)
LASTING = sorted(name for name in CONTAINERS if name != "databases" and not name.endswith("-migrate"))
PUBLISHED = re.compile(r"127\.0\.0\.1:\$\{(?P<variable>\w+):-(?P<port>\d+)\}:\d+")
PINNED = re.compile(r"[\w./-]+:\d+(\.\d+)*[\w.-]*")


@pytest.fixture
def parts(tmp_path: Path) -> Composition:
    layout = Layout(run=tmp_path / "run", state=tmp_path / "state")
    layout.create()
    return Composition(
        settings=SETTINGS, layout=layout, secrets=SecretStore(layout.secrets), profile=SETTINGS.profiles["default"]
    )


def settings_class(service: str) -> type[ServiceSettings]:
    module = importlib.import_module(f"{service}_service.settings")
    return next(
        kind
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, ServiceSettings) and kind.__module__ == module.__name__
    )


def environment_files_of(container: Mapping[str, Any]) -> Sequence[str]:
    named = container.get("env_file", [])
    return [named] if isinstance(named, str) else named


def test_only_migrate_is_given_the_way_to_the_database_as_its_owner(parts: Composition) -> None:
    files = environment_files(parts)
    for name, container in CONTAINERS.items():
        found = [file for file in environment_files_of(container) if "_owner:" in str(files[Path(file).stem])]
        assert bool(found) is name.endswith("-migrate"), name


def test_each_service_migrates_serves_and_works() -> None:
    for service in SETTINGS.services:
        for subcommand in ("migrate", "serve", "work"):
            container = CONTAINERS[f"{service}-{subcommand}"]
            assert container["command"] == [subcommand]
            assert container["build"]["dockerfile"] == f"services/{service}/Dockerfile"


def test_processes_start_when_what_they_need_is_there() -> None:
    for service in SETTINGS.services:
        for subcommand in ("serve", "work"):
            needs = CONTAINERS[f"{service}-{subcommand}"]["depends_on"]
            assert needs[f"{service}-migrate"] == {"condition": "service_completed_successfully"}
        assert CONTAINERS["nginx"]["depends_on"][f"{service}-serve"]["condition"] == "service_healthy"


@pytest.mark.parametrize("service", SETTINGS.services)
def test_a_service_finds_every_setting_that_it_requires(
    service: str, parts: Composition, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment_files(parts)[service].items():
        monkeypatch.setenv(name, value)
    settings = settings_class(service).model_validate({})
    assert settings.http_host == "0.0.0.0"
    assert str(settings.database_url).endswith(f"@postgres:5432/{service}")


@pytest.mark.parametrize("service", SETTINGS.services)
def test_while_secrets_are_rotated_old_and_new_stand_side_by_side(
    service: str, parts: Composition, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The asked service takes both internal tokens, the asking one shows the newest; payment has reservation's keys."""
    store = parts.secrets
    keys = [store.signing_key("new"), public_halves(store.signing_key("old"))]
    tokens, master = "n" * 32 + "," + "o" * 32, f"{store.key('new master')},{store.key('old master')}"
    shared = {"internal_token": tokens, "payment_token": tokens, "reservation_token": tokens}
    rotated = {**shared, "reservation.signing_key": ",".join(keys), "auth.master_key": master}
    parts.layout.secrets.write_text(json.dumps(rotated))
    fresh = replace(parts, secrets=SecretStore(parts.layout.secrets))
    variables = environment_files(fresh)[service]
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    settings_class(service).model_validate({})
    expected = {
        "auth": {"AUTH_INTERNAL_TOKEN": tokens, "AUTH_MASTER_KEY": master},
        "notification": {"NOTIFICATION_INTERNAL_TOKEN": "n" * 32, "NOTIFICATION_RESERVATION_TOKEN": "n" * 32},
        "payment": {"PAYMENT_INTERNAL_TOKEN": tokens, "PAYMENT_CHARGE_KEY": public_halves(",".join(keys))},
        "reservation": {
            "RESERVATION_INTERNAL_TOKEN": "n" * 32,
            "RESERVATION_NOTIFICATION_TOKEN": tokens,
            "RESERVATION_SIGNING_KEY": ",".join(keys),
        },
    }
    assert variables.items() >= expected.get(service, {}).items()


def test_every_address_is_a_container(parts: Composition) -> None:
    for name, variables in environment_files(parts).items():
        for variable, value in variables.items():
            for host in re.findall(r"(?:^|//|@)([a-z][a-z-]*):\d+", value):
                assert host in {*CONTAINERS, "localhost"}, (name, variable)
            if variable.endswith("SMTP_HOST"):
                assert value in CONTAINERS


def test_secrets_are_those_of_the_native_platform(parts: Composition) -> None:
    files = environment_files(parts)
    native = parts.service_environment("payment")
    for variable in ("PAYMENT_STRIPE_SECRET_KEY", "PAYMENT_STRIPE_WEBHOOK_SECRET", "PAYMENT_CHARGE_KEY"):
        assert files["payment"][variable] == native[variable]
    assert files["stripe-simulator"]["STRIPE_SIMULATOR_SECRET_KEY"] == native["PAYMENT_STRIPE_SECRET_KEY"]
    for database in SETTINGS.databases:
        assert files["databases"][f"DATABASES_{database.upper()}_PASSWORD"] in parts.database_url(database)


def test_what_is_written_is_its_owners_alone(parts: Composition) -> None:
    Containers(parts, Report(quiet=True)).write_files()
    folder = parts.layout.run / "containers"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    named = {Path(file).name for container in CONTAINERS.values() for file in environment_files_of(container)}
    written = {file.name: file for file in folder.glob("*.env")}
    assert written.keys() == named
    for file in written.values():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert all(re.fullmatch(r"[A-Z0-9_]+='[^'\\]*'", line) for line in file.read_text().splitlines())
    assert {file.name for file in (folder / "tls").iterdir()} == {"tls.crt", "tls.key"}


def test_ports_are_published_on_loopback_as_in_the_settings() -> None:
    by_variable = {port_variable(name): port for name, port in SETTINGS.ports.items()}
    published = [port for container in CONTAINERS.values() for port in container.get("ports", [])]
    assert published
    for port in published:
        match = PUBLISHED.fullmatch(port)
        assert match, port
        assert by_variable[match["variable"]] == int(match["port"])


def test_what_demo_json_names_is_published() -> None:
    published = "\n".join(port for container in CONTAINERS.values() for port in container.get("ports", []))
    for name in ("gateway", "postgres", "kafka", "elasticsearch", "stripe", "mail_http"):
        assert port_variable(name) in published


@pytest.mark.parametrize("name", sorted(CONTAINERS.keys() - set(OURS)))
def test_an_image_of_others_is_pinned(name: str) -> None:
    assert PINNED.fullmatch(CONTAINERS[name]["image"])


@pytest.mark.parametrize("name", OURS)
def test_an_image_of_ours_runs_without_rights(name: str) -> None:
    container = CONTAINERS[name]
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in container
    build = container["build"]
    file = CHECKOUT / (f"{build}/Dockerfile" if isinstance(build, str) else build["dockerfile"])
    users = re.findall(r"^USER (.+)$", file.read_text(), re.MULTILINE)
    assert users
    assert users[-1] not in {"root", "0", "0:0"}


@pytest.mark.parametrize("name", LASTING)
def test_lasting_containers_have_a_health_check_and_restart(name: str) -> None:
    container = CONTAINERS[name]
    assert container["restart"] == "unless-stopped"
    file = CHECKOUT / "gateway/Dockerfile"
    assert "healthcheck" in container or (container["build"] == "gateway" and "HEALTHCHECK" in file.read_text())


@pytest.mark.parametrize("name", OURS)
def test_any_user_may_write_to_its_temporary_folders(name: str) -> None:
    """A tmpfs takes over the mode of the folder that it covers, and not its owner."""
    container = CONTAINERS[name]
    build = container["build"]
    file = CHECKOUT / (f"{build}/Dockerfile" if isinstance(build, str) else build["dockerfile"])
    for folder in set(container["tmpfs"]) - {"/tmp"}:
        assert re.search(rf"^RUN install .*-m 1777 {folder}( |$)", file.read_text(), re.MULTILINE), folder
