import argparse
import json

import pytest

from parking_messaging import ReplayReport, add_replay_arguments, run_replay


class StubReplayer:
    def __init__(self, report: ReplayReport) -> None:
        self.report = report
        self.calls: list[tuple[str | None, bool]] = []

    async def replay(self, *, subject: str | None = None, discard: bool = False) -> ReplayReport:
        self.calls.append((subject, discard))
        return self.report


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_replay_arguments(parser, ["payment.charges", "payment.logins"])
    return parser.parse_args(arguments)


async def test_the_command_replays_the_group_and_prints_the_report(capsys: pytest.CaptureFixture[str]) -> None:
    replayer = StubReplayer(ReplayReport(3, 0, {}))
    code = await run_replay(parsed("--group", "payment.charges", "--subject", "x"), {"payment.charges": replayer})
    assert code == 0
    assert replayer.calls == [("x", False)]
    assert json.loads(capsys.readouterr().out) == {"applied": 3, "discarded": 0, "still_blocked": {}}


async def test_the_command_fails_while_something_is_blocked() -> None:
    replayer = StubReplayer(ReplayReport(0, 0, {"a.b.v1/x": "ValueError: no"}))
    assert await run_replay(parsed("--group", "payment.charges", "--discard"), {"payment.charges": replayer}) == 1
    assert replayer.calls == [(None, True)]


async def test_a_subject_of_which_nothing_is_stuck_is_said_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong id is no success: the operator meant another subject."""
    replayer = StubReplayer(ReplayReport(0, 0, {}))
    given = parsed("--group", "payment.charges", "--subject", "x")
    assert await run_replay(given, {"payment.charges": replayer}) == 1
    said = capsys.readouterr()
    assert said.err == "Nothing of x is stuck in payment.charges.\n"
    assert json.loads(said.out)["applied"] == 0
    assert await run_replay(given, {}) == 1
    assert "consumes no events" in capsys.readouterr().err


@pytest.mark.parametrize("report", [ReplayReport(0, 1, {}), ReplayReport(1, 0, {}), ReplayReport(0, 0, {})])
async def test_what_is_discarded_counts_and_nothing_at_all_is_no_mistake(report: ReplayReport) -> None:
    named = parsed("--group", "payment.charges", *(["--subject", "x"] if report.applied or report.discarded else []))
    assert await run_replay(named, {"payment.charges": StubReplayer(report)}) == 0


def test_unknown_groups_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parsed("--group", "payment.unheard_of")
    assert "invalid choice" in capsys.readouterr().err


async def test_a_service_without_groups_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    add_replay_arguments(parser, [])
    for arguments in ([], ["--group", "auth.reservations"]):
        assert await run_replay(parser.parse_args(arguments), {}) == 0
        assert "consumes no events" in capsys.readouterr().err
