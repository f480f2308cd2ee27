"""A timer's rounds can be followed, quietly while they succeed."""

import asyncio

from parking_chassis.process import every
from parking_platform.testing.logs import written_logs


async def rounds(level: str) -> list[tuple[str, str, str]]:
    """Message, timer and outcome of each line of a timer that fails once, and then succeeds and stops."""
    stop, outcomes = asyncio.Event(), iter([LookupError("not yet"), None])

    async def act() -> None:
        if error := next(outcomes):
            raise error
        stop.set()

    with written_logs("test", level) as logs:
        await every(0.001, "holds", act)(stop)
    assert all(line["context"]["duration_ms"] >= 0 for line in logs.lines())
    return [(line["message"], line["context"]["timer"], line["context"]["outcome"]) for line in logs.lines()]


async def test_each_round_has_a_line_at_debug() -> None:
    assert await rounds("DEBUG") == [("timer_failed", "holds", "failed"), ("timer_done", "holds", "done")]


async def test_only_a_failure_has_one_else() -> None:
    assert await rounds("INFO") == [("timer_failed", "holds", "failed")]
