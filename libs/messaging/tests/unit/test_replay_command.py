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
