"""The relay: unsent outbox rows into Kafka, at least once, in order for each subject.

What is promised and why it holds:

*Order within a subject.* A subject's next event is made from its last committed state, so its row is inserted after the
row before it was committed: `seq` follows `version`, and a reader that sees the later row sees the earlier one. (Across
subjects a lower `seq` may well commit later; that is why the relay always asks for what is unsent and never for what
comes after some number.) The publisher sends a row only after, or in one record batch with, the earlier ones of its
subject. So first appearances in the log are in order, whichever process dies when.

*At least once.* A row is marked after the acknowledgement. Whatever dies in between leaves it unsent.

*One at a time.* The lock keeps a second relay from publishing. Order does not depend on it: two relays at once could
only repeat. A holder that stands still loses it within seconds (`adapters.postgres_backlog.HAND_OVER`), so one that
lives asks for it every `lock_check`, whatever it waits for; and one that took longer over a batch asks before it
publishes that.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from parking_events import TOPICS
from parking_messaging import metrics
from parking_messaging.backoff import Backoff
from parking_messaging.cloud_events import outgoing
from parking_messaging.crash_points import CrashPoint, reach
from parking_messaging.failures import BacklogLost, PublisherUnavailable
from parking_messaging.held_subjects import HeldSubjects
from parking_messaging.ports import Backlog, Publisher, Refusals
from parking_messaging.processing_log import log_published
from parking_messaging.records import Publication, Unsent
from parking_messaging.tracing import send_spans
from parking_messaging.waiting import finish_or_stop, wait_for_any

_log: Final = structlog.get_logger(__name__)


_RECONNECT: Final = Backoff(first=0.2, longest=5.0)
_REFUSED_RETRY: Final = Backoff(first=1.0, longest=60.0)


@dataclass(frozen=True, slots=True)
class RelaySettings:
    """Times in seconds. `service` names the lock and, in `ce_source`, the producer."""

    service: str
    batch_size: int = 500
    busy_poll: float = 0.02
    idle_poll: float = 0.25
    standby_poll: float = 0.5
    lock_check: float = 1.0
    drain_timeout: float = 4.0
    housekeeping_interval: float = 5.0
    sent_rows_kept: timedelta = timedelta(hours=24)
    deletion_batch: int = 5_000
    reconnect: Backoff = _RECONNECT
    refused_retry: Backoff = _REFUSED_RETRY


@dataclass(frozen=True, slots=True)
class RelayStatus:
    """For `/readyz`: a relay that stands by is as ready as one that publishes."""

    is_connected: bool
    is_active: bool
    held_subjects: int


class Relay:
    """Publishes one service's outbox. Run as many as you like: one is active, the others stand by."""

    def __init__(
        self,
        *,
        settings: RelaySettings,
        connect: Callable[[], Awaitable[Backlog]],
        publisher: Publisher,
        refusals: Refusals | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._connect = connect
        self._publisher = publisher
        self._refusals = refusals
        self._clock = clock
        self._source = f"/services/{settings.service}".encode()
        self._woken = asyncio.Event()
        self._held = HeldSubjects(settings.refused_retry, clock)
        self._is_connected = False
        self._is_active = False
        self._housekeeping_due = 0.0
        self._failures = 0
        metrics.expect_topics(topic.name for topic in TOPICS.values() if topic.owner == settings.service)

    def wake(self) -> None:
        """Say that something was committed, where relay and request share a process."""
        self._woken.set()

    def status(self) -> RelayStatus:
        """How it stands."""
        return RelayStatus(self._is_connected, self._is_active, len(self._held))

    async def run(self, stop: asyncio.Event) -> None:
        """Publish until `stop` is set; then finish the batch on the way, for at most `drain_timeout`."""
        try:
            await finish_or_stop(self._publish_through_failures(stop), stop, grace=self._settings.drain_timeout)
        finally:
            await self._publisher.close()

    async def _publish_through_failures(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self._with_backlog(stop)
            except BacklogLost as error:
                await wait_for_any(stop, timeout=self._delay_after(error))

    async def _with_backlog(self, stop: asyncio.Event) -> None:
        backlog = await self._connect()
        self._is_connected = True
        try:
            if await self._become_active(backlog, stop):
                await self._publish_all(backlog, stop)
        finally:
            self._is_connected = False
            self._set_active(active=False)
            await backlog.close()

    async def _become_active(self, backlog: Backlog, stop: asyncio.Event) -> bool:
        """Stand by until the lock is ours; False where we are to stop."""
        while not stop.is_set():
            if await backlog.acquire():
                self._set_active(active=True)
                return True
            await wait_for_any(stop, timeout=self._settings.standby_poll)
        return False

    def _set_active(self, *, active: bool) -> None:
        if active != self._is_active:
            _log.info("relay is active" if active else "relay stands down", service=self._settings.service)
        self._is_active = active
        metrics.RELAY_ACTIVE.set(int(active))
        if active:
            metrics.OUTBOX.show_held(len(self._held))
        else:
            metrics.OUTBOX.clear()

    async def _publish_all(self, backlog: Backlog, stop: asyncio.Event) -> None:
        self._housekeeping_due = self._clock()
        poll = self._settings.busy_poll
        while not stop.is_set():
            try:
                found = await self._publish_batch(backlog)
            except PublisherUnavailable as error:
                # The lock and the connection are sound: keep them, and go on measuring what waits.
                await self._keep_house(backlog)
                await self._pause(backlog, stop, timeout=self._delay_after(error))
                continue
            await self._keep_house(backlog)
            if found == self._settings.batch_size:
                continue
            poll = self._settings.busy_poll if found else min(poll * 1.5, self._settings.idle_poll)
            await self._pause(backlog, stop, self._woken, timeout=poll)
            if self._woken.is_set():
                self._woken.clear()
                poll = self._settings.busy_poll

    def _delay_after(self, error: Exception) -> float:
        self._failures += 1
        delay = self._settings.reconnect.delay(self._failures)
        _log.warning("relay interrupted", error=repr(error), retry_in=round(delay, 2))
        return delay

    async def _pause(self, backlog: Backlog, *events: asyncio.Event, timeout: float) -> None:  # noqa: ASYNC109 - a pause
        """Wait for an event, or for a while, and keep the lock meanwhile: a session that asks nothing is ended."""
        left = timeout
        while left > 0 and not any(event.is_set() for event in events):
            await wait_for_any(*events, timeout=min(left, self._settings.lock_check))
            left -= self._settings.lock_check
            if left > 0:
                await backlog.check()

    async def _take(self, backlog: Backlog) -> Sequence[Unsent]:
        """The next batch, to be published at once: the lock was held a moment ago.

        An answer is as old as its question. A process that stood still in between may have lost the lock, and finds the
        batch in its buffers before it finds the end of its connection.
        """
        asked_at = self._clock()
        batch = await backlog.unsent(self._settings.batch_size, self._held.now())
        while batch and self._clock() - asked_at > self._settings.lock_check:
            asked_at = self._clock()
            await backlog.check()
        return batch

    async def _publish_batch(self, backlog: Backlog) -> int:
        """Publish the next batch; the number of rows that left."""
        batch = await self._take(backlog)
        if not batch:
            return 0
        reach(CrashPoint.EVENTS_TAKEN)
        began = time.perf_counter()
        with send_spans(batch) as traced:
            records = [outgoing(unsent, self._source) for unsent in traced]
            publication = await self._guarded(backlog, self._publisher.publish(records))
        if publication.acknowledged:
            reach(CrashPoint.EVENTS_PRODUCED)
            await backlog.mark_sent(publication.acknowledged)
            self._failures = 0
        log_published(batch, publication, time.perf_counter() - began)
        self._note(batch, publication)
        if publication.refused and self._refusals:
            await self._refusals.note(publication.refused)
        if not publication.refused and len(publication.acknowledged) < len(batch):
            raise PublisherUnavailable("kafka did not acknowledge the whole batch")
        return len(publication.acknowledged)

    async def _guarded(self, backlog: Backlog, publishing: Awaitable[Publication]) -> Publication:
        """Wait for the publication, but not beyond the loss of the lock."""
        task = asyncio.ensure_future(publishing)
        lost = asyncio.ensure_future(backlog.lost.wait())
        try:
            while True:
                await asyncio.wait({task, lost}, timeout=self._settings.lock_check, return_when=asyncio.FIRST_COMPLETED)
                if task.done():
                    return task.result()
                await backlog.check()
                await self._keep_house(backlog)
        finally:
            lost.cancel()
            if not task.done():
                task.cancel()
                await asyncio.wait({task})
                await self._publisher.close()

    def _note(self, batch: Sequence[Unsent], publication: Publication) -> None:
        by_seq = {unsent.seq: unsent for unsent in batch}
        subjects = [by_seq[seq].subject for seq in publication.acknowledged]
        for topic, count in Counter(subject.topic for subject in subjects).items():
            metrics.EVENTS_PUBLISHED.labels(topic).inc(count)
        self._held.release(subjects)
        for seq, error in publication.refused.items():
            unsent = by_seq[seq]
            metrics.EVENTS_REFUSED.labels(unsent.row.aggregatetype).inc()
            retry_in = self._held.hold(unsent.subject)
            _log.error(
                "kafka refused an event; its subject waits behind it",
                event_id=str(unsent.row.id),
                event_type=unsent.row.type,
                topic=unsent.subject.topic,
                subject=unsent.subject.id,
                error=error,
                retry_in=round(retry_in, 1),
            )
        metrics.OUTBOX.show_held(len(self._held))

    async def _keep_house(self, backlog: Backlog) -> None:
        """Measure the backlog and delete what was sent long ago, a batch at a time."""
        if self._clock() < self._housekeeping_due:
            return
        state = await backlog.state()
        metrics.OUTBOX.show(state)
        deleted = await backlog.delete_sent(self._settings.sent_rows_kept, self._settings.deletion_batch)
        is_done = deleted < self._settings.deletion_batch
        self._housekeeping_due = self._clock() + (self._settings.housekeeping_interval if is_done else 0.0)
