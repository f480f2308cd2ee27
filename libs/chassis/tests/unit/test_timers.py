"""What runs in every worker, and what runs in the leader alone; rounds can be followed, quietly while they succeed."""

import asyncio

from parking_chassis.process import Timer, every, timer_loops
from parking_platform.testing.logs import written_logs


class Worker:
    """A worker with a timer of each kind, that leads when the test says so."""

    def __init__(self) -> None:
        self.leads = False
        self.ran: list[str] = []
        self.ran_something = asyncio.Event()
        timers = [
            Timer("everywhere", 0.001, lambda: self._run("everywhere")),
            Timer("leader", 0.001, lambda: self._run("leader"), in_the_leader=True),
        ]
        self.loops = timer_loops(timers, lambda: self.leads)

    async def _run(self, name: str) -> None:
        self.ran.append(name)
        self.ran_something.set()

    async def until(self, name: str, times: int) -> None:
        while self.ran.count(name) < times:
            self.ran_something.clear()
            await self.ran_something.wait()


async def test_only_the_leader_runs_what_is_for_the_leader() -> None:
    worker, stop = Worker(), asyncio.Event()
    running = [asyncio.ensure_future(loop(stop)) for loop in worker.loops.values()]
    async with asyncio.timeout(5):
        await worker.until("everywhere", 3)
        assert "leader" not in worker.ran
        worker.leads = True
        await worker.until("leader", 1)
        stop.set()
        await asyncio.gather(*running)


async def test_a_new_leader_does_not_wait_for_a_whole_pause() -> None:
    worker, stop = Worker(), asyncio.Event()
    timer = Timer("daily", 86_400, lambda: worker._run("daily"), in_the_leader=True)
    (loop,) = timer_loops([timer], lambda: worker.leads).values()
    running = asyncio.ensure_future(loop(stop))
    await asyncio.sleep(0)
    worker.leads = True
    async with asyncio.timeout(5):
        await worker.until("daily", 1)
    stop.set()
    await running
    assert worker.ran == ["daily"]


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
