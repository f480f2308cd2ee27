import io
from pathlib import Path

import pytest

from parking_platform.cli import show_logs, show_status
from parking_platform.layout import Layout
from parking_platform.processes import ProcessSpec
from parking_platform.report import Report
from parking_platform.stack import Health
from parking_platform.supervisor import ProcessState, State, SupervisorFailed, program_section


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(run=tmp_path / "run", state=tmp_path / "state")
    layout.create()
    return layout


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
