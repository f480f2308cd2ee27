"""The consumer: a member of a group that settles each partition in a lane of its own and then commits the offset.

The poll loop only hands out and commits; handlers run in the lanes. So a handler that waits for a dependency stops
neither the other partitions nor the heartbeat, and the group never takes this member for dead because it works.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

from parking_messaging.backoff import Backoff
from parking_messaging.crash_points import CrashPoint, reach
from parking_messaging.failures import SourceUnavailable, TooManyDeadLetters
from parking_messaging.inbox_cleaner import InboxCleaner
from parking_messaging.lag_meter import LagMeter
from parking_messaging.lane import Lane, RetryPolicy
from parking_messaging.ports import RecordSource
from parking_messaging.processor import Processor
from parking_messaging.records import Partition, Record
from parking_messaging.waiting import finish_or_stop, wait_for_any

_log: Final = structlog.get_logger(__name__)


_RECONNECT: Final = Backoff(first=0.2, longest=5.0)
_RETRY: Final = RetryPolicy()


@dataclass(frozen=True, slots=True)
class ConsumerSettings:
    """Times in seconds. A lane that holds `lane_high` records is not given more until it is down to `lane_low`.

    A poll returns with the first record. Without one it ends after `poll_timeout` while there is something to hand
    out, to resume or to commit, and after `idle_poll_timeout` while there is not.

    Every `lag_interval` Kafka is asked where partitions end that are not fetched, because their lane is full.

    Stopping takes at most `drain_timeout` + 2 x `commit_timeout`, and what the source needs to leave.
    """

    retry: RetryPolicy = _RETRY
    poll_timeout: float = 0.2
    idle_poll_timeout: float = 1.0
    commit_interval: float = 0.5
    commit_timeout: float = 1.5
    lag_interval: float = 5.0
    drain_timeout: float = 4.0
    lane_high: int = 1_000
    lane_low: int = 250
    reconnect: Backoff = _RECONNECT


@dataclass(frozen=True, slots=True)
class ConsumerStatus:
    """For `/readyz`, and for code that must know how fresh a copy is. `lag` counts records not yet settled."""

    is_connected: bool
    has_given_up: bool
    partitions: frozenset[Partition] = field(default_factory=frozenset[Partition])
    waiting: frozenset[Partition] = field(default_factory=frozenset[Partition])
    lag: Mapping[Partition, int] = field(default_factory=dict[Partition, int])

    @property
    def is_ready(self) -> bool:
        """Whether it consumes, or at least tries."""
        return self.is_connected and not self.has_given_up


_DEFAULTS: Final = ConsumerSettings()


class Consumer[Tx]:
    """Consumes for one group. Run it in as many processes as there are partitions."""

    def __init__(
        self,
        *,
        processor: Processor[Tx],
        connect: Callable[[], RecordSource],
        cleaner: InboxCleaner[Tx] | None = None,
        settings: ConsumerSettings = _DEFAULTS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._processor = processor
        self._connect = connect
        self._cleaner = cleaner
        self._settings = settings
        self._clock = clock
        self._source: RecordSource | None = None
        self._lanes: dict[Partition, tuple[Lane[Tx], asyncio.Task[None]]] = {}
        self._assigned: set[Partition] = set()
        self._paused: set[Partition] = set()
        self._committed: dict[Partition, int] = {}
        self._meter = LagMeter(
            processor.group, interval=settings.lag_interval, patience=settings.commit_timeout, clock=clock
        )
        self._commit_due = 0.0
        self._has_given_up = False
        self._failures = 0
        processor.begin_counting()

    def status(self) -> ConsumerStatus:
        """How it stands."""
        return ConsumerStatus(
            is_connected=self._source is not None,
            has_given_up=self._has_given_up,
            partitions=frozenset(self._assigned),
            waiting=frozenset(partition for partition, (lane, _) in self._lanes.items() if lane.is_waiting),
            lag=self._lag(),
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until `stop` is set, then drain. Raises TooManyDeadLetters when it gives up."""
        while not stop.is_set():
            try:
                await self._consume(stop)
            except SourceUnavailable as error:
                self._failures += 1
                delay = self._settings.reconnect.delay(self._failures)
                _log.warning("consumer interrupted", group=self._processor.group, error=repr(error), retry_in=delay)
                await wait_for_any(stop, timeout=delay)
            except TooManyDeadLetters as error:
                self._has_given_up = True
                _log.critical("consumer gives up", group=self._processor.group, error=str(error))
                raise

    async def assigned(self, partitions: Collection[Partition]) -> None:
        """From Kafka: these are ours."""
        self._meter.discard(self._assigned)
        self._assigned = set(partitions)
        self._committed.clear()
        _log.info("partitions assigned", group=self._processor.group, partitions=len(self._assigned))

    async def revoked(self, partitions: Collection[Partition]) -> None:
        """From Kafka: finish what is at hand and say how far it got, before somebody else goes on from there."""
        await self._drain(set(partitions))
        self._give_up(set(partitions))

    async def _consume(self, stop: asyncio.Event) -> None:
        source = self._connect()
        try:
            await finish_or_stop(source.start(self), stop)
            self._source = source
            while not stop.is_set():
                self._hand_out(source, await finish_or_stop(source.poll(self._poll_timeout()), stop) or {})
                self._failures = 0
                self._raise_of_lanes()
                self._resume_hungry(source)
                await self._commit_when_due(source)
                if self._cleaner is not None:
                    await finish_or_stop(self._cleaner.clean_when_due(), stop)
        finally:
            await self._drain(set(self._lanes))
            self._give_up(set(self._assigned))
            self._source = None
            await source.stop()

    def _poll_timeout(self) -> float:
        is_busy = any(len(lane) for lane, _ in self._lanes.values()) or self._uncommitted(self._lanes)
        return self._settings.poll_timeout if is_busy else self._settings.idle_poll_timeout

    def _hand_out(self, source: RecordSource, fetched: Mapping[Partition, Sequence[Record]]) -> None:
        for partition, records in fetched.items():
            if partition not in self._assigned:
                continue
            if records:
                self._meter.began(partition, records[0].offset)
            lane = self._lane(partition)
            lane.offer(records)
            if len(lane) >= self._settings.lane_high:
                source.pause(partition)
                self._paused.add(partition)

    def _lane(self, partition: Partition) -> Lane[Tx]:
        if partition not in self._lanes:
            shared = next(iter(self._lanes.values()), None) if self._processor.shares_a_lane else None
            self._lanes[partition] = shared or self._new_lane()
        return self._lanes[partition][0]

    def _new_lane(self) -> tuple[Lane[Tx], asyncio.Task[None]]:
        lane = Lane(self._processor, self._settings.retry)
        return lane, asyncio.create_task(lane.run(), name=f"lane of {self._processor.group}")

    def _raise_of_lanes(self) -> None:
        for _, task in self._lanes.values():
            if task.done():
                task.result()

    def _resume_hungry(self, source: RecordSource) -> None:
        for partition in list(self._paused):
            if len(self._lanes[partition][0]) <= self._settings.lane_low:
                source.resume(partition)
                self._paused.discard(partition)

    async def _commit_when_due(self, source: RecordSource) -> None:
        if self._clock() < self._commit_due:
            return
        self._commit_due = self._clock() + self._settings.commit_interval
        await self._commit(source, set(self._lanes))
        await self._meter.learn(source, self._assigned, self._paused)
        self._show()

    async def _commit(self, source: RecordSource, partitions: Collection[Partition]) -> None:
        """Commit what is settled. A commit that fails costs a few repeats, which the inbox knows."""
        offsets = self._uncommitted(partitions)
        if not offsets:
            return
        reach(CrashPoint.EFFECT_COMMITTED)
        try:
            async with asyncio.timeout(self._settings.commit_timeout):
                await source.commit(offsets)
        except (SourceUnavailable, TimeoutError) as error:
            _log.warning("offsets not committed", group=self._processor.group, error=repr(error))
        else:
            self._committed |= offsets

    def _uncommitted(self, partitions: Collection[Partition]) -> dict[Partition, int]:
        """How far these are settled, where that is not committed."""
        return {
            partition: done_up_to
            for partition, (lane, _) in self._lanes.items()
            if partition in partitions
            and (done_up_to := lane.done_up_to.get(partition)) is not None
            and self._committed.get(partition) != done_up_to
        }

    async def _drain(self, partitions: set[Partition]) -> None:
        """Let the lanes finish the event at hand, commit, and drop them. A lane that hangs is cut off."""
        leaving = {partition: self._lanes[partition] for partition in partitions if partition in self._lanes}
        if not leaving:
            return
        for lane, _ in leaving.values():
            lane.stop()
        tasks = {task for _, task in leaving.values()}
        _, hanging = await asyncio.wait(tasks, timeout=self._settings.drain_timeout)
        for task in hanging:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._source is not None:
            await self._commit(self._source, leaving.keys())
        for partition in leaving:
            self._lanes.pop(partition, None)
            self._paused.discard(partition)
        self._go_on_in_a_new_lane({partition for partition, (_, task) in self._lanes.items() if task in tasks})

    def _go_on_in_a_new_lane(self, staying: Collection[Partition]) -> None:
        """The lane of these was shared with partitions that left, and was stopped for them."""
        stopped = {partition: self._lanes.pop(partition)[0] for partition in staying}
        for partition, lane in stopped.items():
            new = self._lane(partition)
            if (done_up_to := lane.done_up_to.get(partition)) is not None:
                new.done_up_to[partition] = done_up_to
            new.offer(lane.left(partition))

    def _lag(self) -> dict[Partition, int]:
        if self._source is None:
            return {}
        settled = {
            partition: done_up_to
            for partition, (lane, _) in self._lanes.items()
            if (done_up_to := lane.done_up_to.get(partition)) is not None
        }
        return self._meter.lag(self._source, self._assigned, settled)

    def _give_up(self, partitions: Collection[Partition]) -> None:
        """These are no longer ours, nor is what they are behind."""
        self._assigned.difference_update(partitions)
        self._meter.discard(partitions)
        self._show()

    def _show(self) -> None:
        status = self.status()
        self._meter.show(status.lag, assigned=len(status.partitions), waiting=len(status.waiting))
