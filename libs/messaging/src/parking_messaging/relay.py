"""The relay: unsent outbox rows into Kafka, at least once, in order for each subject.

What is promised and why it holds:

*Order within a subject.* A subject's next event is made from its last committed state, so its row is inserted after the
row before it was committed: `seq` follows `version`, and whoever sees the later row sees the earlier one. (Across
subjects a lower `seq` may well commit later; that is why the relay always asks for what is unsent and never for what
comes after some number.) The publisher sends a row only after, or in one record batch with, the earlier ones of its
subject. So first appearances in the log are in order, whichever process dies when.

*At least once.* A row is marked after the acknowledgement. Whatever dies in between leaves it unsent.

*One at a time.* The lock keeps a second relay quiet. Order does not depend on it: two relays at once could only repeat.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from parking_messaging import metrics
from parking_messaging.backoff import Backoff
from parking_messaging.cloud_events import outgoing
from parking_messaging.crash_points import CrashPoint, reach
from parking_messaging.failures import BacklogLost, PublisherUnavailable
from parking_messaging.held_subjects import HeldSubjects
from parking_messaging.ports import Backlog, Publisher
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
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._connect = connect
        self._publisher = publisher
        self._clock = clock
        self._source = f"/services/{settings.service}".encode()
        self._woken = asyncio.Event()
        self._held = HeldSubjects(settings.refused_retry, clock)
        self._is_connected = False
        self._is_active = False
        self._housekeeping_due = 0.0
        self._failures = 0

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
                await self._back_off(error, stop)

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

    async def _publish_all(self, backlog: Backlog, stop: asyncio.Event) -> None:
        self._housekeeping_due = self._clock()
        poll = self._settings.busy_poll
        while not stop.is_set():
            try:
                found = await self._publish_batch(backlog)
            except PublisherUnavailable as error:
                # The lock and the connection are sound: keep them, and go on measuring what waits.
                await self._keep_house(backlog)
                await self._back_off(error, stop)
                continue
            await self._keep_house(backlog)
            if found == self._settings.batch_size:
                continue
            poll = self._settings.busy_poll if found else min(poll * 1.5, self._settings.idle_poll)
            await wait_for_any(stop, self._woken, timeout=poll)
            if self._woken.is_set():
                self._woken.clear()
                poll = self._settings.busy_poll

    async def _back_off(self, error: Exception, stop: asyncio.Event) -> None:
        self._failures += 1
        delay = self._settings.reconnect.delay(self._failures)
        _log.warning("relay interrupted", error=repr(error), retry_in=round(delay, 2))
        await wait_for_any(stop, timeout=delay)

    async def _publish_batch(self, backlog: Backlog) -> int:
        """Publish the next batch; the number of rows that left."""
        batch = await backlog.unsent(self._settings.batch_size, self._held.now())
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
        metrics.OUTBOX_HELD_SUBJECTS.set(len(self._held))

    async def _keep_house(self, backlog: Backlog) -> None:
        """Measure the backlog and delete what was sent long ago, a batch at a time."""
        if self._clock() < self._housekeeping_due:
            return
        state = await backlog.state()
        metrics.OUTBOX_UNSENT.set(state.unsent)
        metrics.OUTBOX_OLDEST_AGE.set(state.oldest_age)
        deleted = await backlog.delete_sent(self._settings.sent_rows_kept, self._settings.deletion_batch)
        is_done = deleted < self._settings.deletion_batch
        self._housekeeping_due = self._clock() + (self._settings.housekeeping_interval if is_done else 0.0)
