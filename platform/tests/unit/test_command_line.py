import io
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from parking_platform.cli import become_psql, main, run_service_command, show_logs, show_status
from parking_platform.composition import Composition
from parking_platform.layout import Layout
from parking_platform.processes import ProcessSpec
from parking_platform.report import Report
from parking_platform.secret_store import SecretStore
from parking_platform.settings import load_settings
from parking_platform.stack import Health, NothingRuns, Stack
from parking_platform.supervisor import ProcessState, State, SupervisorFailed, program_section


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(run=tmp_path / "run", state=tmp_path / "state")
    layout.create()
    return layout


@pytest.fixture
def composition(layout: Layout) -> Composition:
    settings = load_settings()
    secrets = SecretStore(layout.secrets, layout.require_secrets)
    return Composition(settings=settings, layout=layout, secrets=secrets, profile=settings.profiles["default"])


def health(complaint: str | None = None) -> Health:
    return Health(ProcessState("redis", State.RUNNING, 12, 0), {"redis": 16379}, complaint)


def test_status_shows_processes_and_incidents(layout: Layout) -> None:
    layout.incidents.write_text("2026-01-01T00:00:00Z redis ended unexpectedly\n")
    output = io.StringIO()

    assert show_status([health()], layout, Report(output)) == 0

    assert "redis" in output.getvalue()
    assert "16379" in output.getvalue()
    assert "redis ended unexpectedly" in output.getvalue()


def test_status_fails_when_something_does_not_serve(layout: Layout) -> None:
    output = io.StringIO()

    assert show_status([health(), health("nothing listens on port 16379")], layout, Report(output)) == 1

    assert "nothing listens on port 16379" in output.getvalue()


def test_status_fails_when_nothing_runs(layout: Layout) -> None:
    assert show_status([], layout, Report(quiet=True)) == 1


def test_logs_of_an_unknown_name_says_which_there_are(layout: Layout) -> None:
    (layout.logs / "redis.log").touch()

    with pytest.raises(SystemExit, match=r"no log of rediss\. There are: redis"):
        show_logs(layout, "rediss", follow=False)


def test_logs_include_the_gateways_which_lie_in_a_folder_of_their_own(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    (layout.logs / "gateway").mkdir()
    for name in ("auth-serve", "auth-work", "gateway/access"):
        (layout.logs / f"{name}.log").touch()
    shown: list[tuple[str, ...]] = []
    monkeypatch.setattr(os, "execvp", lambda _file, command: shown.append(command))

    show_logs(layout, "gateway", follow=False)
    show_logs(layout, None, follow=True)

    assert shown[0][-1:] == (f"{layout.logs}/gateway/access.log",)
    assert shown[1][-3:] == tuple(f"{layout.logs}/{name}.log" for name in ("auth-serve", "auth-work", "gateway/access"))


def test_logs_of_a_part_of_a_name_are_of_nothing(layout: Layout) -> None:
    (layout.logs / "auth-serve.log").touch()

    with pytest.raises(SystemExit, match=r"no log of aut\. There are: auth-serve"):
        show_logs(layout, "aut", follow=False)


def test_a_reader_who_has_enough_ends_the_report_and_not_the_work() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as output:
        os.close(reading)
        report = Report(output)
        report.say("The platform is up.")
        report.say("Nobody reads this.")


@pytest.mark.parametrize("command", ["restart", "run", "psql"])
def test_a_command_without_a_name_says_what_to_give_and_which_services_there_are(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command])

    assert ended.value.code == 1
    said = f"`make {command}` needs a name, such as NAME=auth. The services are: auth, parking,"
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("command", [["psql", "auth"], ["run", "auth", "rotate-keys"]])
def test_a_command_that_needs_servers_says_when_nothing_runs(
    command: list[str], layout: Layout, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Layout, "of_checkout", lambda _path: layout)
    with pytest.raises(SystemExit) as ended:
        main(command)

    assert ended.value.code == 1
    assert "Nothing runs. `make up` starts it." in capsys.readouterr().err


def test_a_services_command_runs_with_that_services_settings(
    composition: Composition, monkeypatch: pytest.MonkeyPatch
) -> None:
    became: list[tuple[str, Sequence[str], Mapping[str, str]]] = []
    monkeypatch.setattr(os, "execve", lambda *call: became.append(call))

    run_service_command(composition, "payment", ["replay", "--group", "payment.reservations"])

    [(path, command, environment)] = became
    assert path.endswith("/payment-service")
    assert command[1:] == ("replay", "--group", "payment.reservations")
    assert environment["PAYMENT_DATABASE_URL"] == composition.database_url("payment")
    assert "PAYMENT_DATABASE_MIGRATION_URL" not in environment


def test_migrate_alone_is_given_the_way_to_the_database_as_its_owner(
    composition: Composition, monkeypatch: pytest.MonkeyPatch
) -> None:
    became: list[tuple[str, Sequence[str], Mapping[str, str]]] = []
    monkeypatch.setattr(os, "execve", lambda *call: became.append(call))

    run_service_command(composition, "payment", ["migrate", "--no-topics"])

    [(_, _, environment)] = became
    assert environment["PAYMENT_DATABASE_MIGRATION_URL"].startswith("postgresql://payment_owner:")
    assert all("payment_owner" not in value for each in composition.services for value in each.environment.values())


def test_psql_opens_a_services_database_and_has_the_password_in_no_argument(
    composition: Composition, monkeypatch: pytest.MonkeyPatch
) -> None:
    became: list[tuple[str, Sequence[str], Mapping[str, str]]] = []
    monkeypatch.setattr(os, "execve", lambda *call: became.append(call))

    become_psql(composition, "payment", ["--command", "SELECT 1"])

    [(_, command, environment)] = became
    assert command[-2:] == ("--command", "SELECT 1")
    assert environment["PGPASSWORD"] not in " ".join(command)


@pytest.mark.parametrize("command", ["run", "psql"])
def test_a_service_that_is_none_is_named_with_those_that_there_are(
    command: str, layout: Layout, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Layout, "of_checkout", lambda _path: layout)
    with pytest.raises(SystemExit):
        main([command, "payments"])

    assert re.search(r"There is no service payments\. There are: .*payment", capsys.readouterr().err)


async def test_restart_says_when_nothing_runs(composition: Composition) -> None:
    with pytest.raises(NothingRuns, match="`make up` starts it"):
        await Stack(composition, Report(quiet=True)).restart("auth")


def test_deleting_returns_what_was_deleted(layout: Layout) -> None:
    assert layout.delete() == [layout.state, layout.run]
    assert layout.delete() == []


def test_values_that_the_supervisor_would_misread_are_refused(tmp_path: Path) -> None:
    spec = ProcessSpec(name="x", command=("x",), directory=tmp_path, environment={"KEY": 'a"b'})

    with pytest.raises(SupervisorFailed, match="KEY has a quote"):
        program_section(spec, tmp_path)


def test_percent_signs_reach_the_process(tmp_path: Path) -> None:
    spec = ProcessSpec(name="x", command=("x", "%d"), directory=tmp_path, environment={"KEY": "a%b"})

    section = program_section(spec, tmp_path)

    assert "command = x %%d" in section
    assert 'KEY="a%%b"' in section
