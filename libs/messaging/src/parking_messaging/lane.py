"""A partition, or all that share a lane: records in the order in which they came, each settled before the next."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import structlog

from parking_messaging.backoff import Backoff
from parking_messaging.failures import PoisonEvent, TooManyDeadLetters, is_transient
from parking_messaging.processing_log import log_failed
from parking_messaging.processor import Processor
from parking_messaging.records import Partition, Record
from parking_messaging.waiting import wait_for_any

_log: Final = structlog.get_logger(__name__)


_BETWEEN_TRIES: Final = Backoff(first=0.05, longest=1.0)
_WHILE_AWAY: Final = Backoff(first=0.2, longest=30.0)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`tries` for an event that fails by itself; a dependency that is away is waited for without end."""

    tries: int = 3
    between_tries: Backoff = _BETWEEN_TRIES
    while_away: Backoff = _WHILE_AWAY


class Lane[Tx]:
    """Works through what it is given. Waiting for a dependency holds up this lane alone."""

    def __init__(self, processor: Processor[Tx], policy: RetryPolicy) -> None:
        self.done_up_to: dict[Partition, int] = {}
        self.is_waiting = False
        self._processor = processor
        self._policy = policy
        self._queue: deque[Record] = deque()
        self._filled = asyncio.Event()
        self._stopping = asyncio.Event()

    def __len__(self) -> int:
        return len(self._queue)

    def offer(self, records: Sequence[Record]) -> None:
        """Add what Kafka delivered."""
        self._queue.extend(records)
        self._filled.set()

    def stop(self) -> None:
        """Finish the event at hand and nothing more."""
        self._stopping.set()

    def left(self, partition: Partition) -> Sequence[Record]:
        """What is not settled of a partition."""
        return [record for record in self._queue if record.origin == partition]

    async def run(self) -> None:
        """Settle records until stopped. Raises TooManyDeadLetters."""
        while not self._stopping.is_set():
            if not self._queue:
                self._filled.clear()
                await wait_for_any(self._filled, self._stopping, timeout=60)
                continue
            await self._step()

    async def _step(self) -> None:
        length = self._processor.run_length(self._queue)
        await self._settle(list(islice(self._queue, length)))

    async def _settle(self, run: Sequence[Record]) -> bool:
        """Settle these together; where that fails, by halves, so that one bad event costs the others little.

        False where the lane was stopped before the last of them.
        """
        if self._stopping.is_set():
            return False
        if len(run) == 1:
            is_settled = await self._settled(run[0])
        elif await self._settled_together(run):
            is_settled = True
        else:
            half = len(run) // 2
            return await self._settle(run[:half]) and await self._settle(run[half:])
        if is_settled:
            self._advance(len(run))
        return is_settled

    def _advance(self, count: int) -> None:
        for _ in range(count):
            record = self._queue.popleft()
            self.done_up_to[record.origin] = record.offset + 1

    async def _settled_together(self, run: Sequence[Record]) -> bool:
        try:
            await self._processor.apply_run(run)
        except Exception as error:  # noqa: BLE001 - the consumer's loop: the record at fault meets it alone in the end
            if not isinstance(error, PoisonEvent):
                _log.info(
                    "a batch failed; it is settled by halves",
                    group=self._processor.group,
                    topic=run[0].topic,
                    size=len(run),
                    outcome="retried",
                    error_type=type(error).__name__,
                )
            return False
        return True

    async def _settled(self, record: Record) -> bool:
        """Apply a record, or make it a dead letter; False where the lane was stopped before either.

        Where neither is possible, the lane waits rather than lose the record.
        """
        tries = waits = 0
        verdict: Exception | None = None
        while not self._stopping.is_set():
            try:
                if verdict is None:
                    await self._processor.apply(record)
                else:
                    await self._processor.bury(record, verdict, tries)
            except TooManyDeadLetters:
                raise
            except Exception as error:  # noqa: BLE001 - the consumer's loop: what fails is retried, then kept
                if verdict is not None or is_transient(error):
                    waits += 1
                    await self._wait(record, error, self._policy.while_away.delay(waits))
                    continue
                tries += 1
                if isinstance(error, PoisonEvent) or tries >= self._policy.tries:
                    verdict = error
                    self._log_failed("an event cannot be applied", record, error, outcome="failed", tries=tries)
                else:
                    await self._pause_after(record, error, tries)
            else:
                return True
        return False

    async def _wait(self, record: Record, error: Exception, delay: float) -> None:
        self._log_failed(
            "a dependency is away; the lane waits", record, error, outcome="waits", retry_in=round(delay, 2)
        )
        self.is_waiting = True
        try:
            await wait_for_any(self._stopping, timeout=delay)
        finally:
            self.is_waiting = False

    async def _pause_after(self, record: Record, error: Exception, tries: int) -> None:
        delay = self._policy.between_tries.delay(tries)
        self._log_failed(
            "an event failed and is tried again",
            record,
            error,
            outcome="retried",
            tries=tries,
            retry_in=round(delay, 2),
        )
        await wait_for_any(self._stopping, timeout=delay)

    def _log_failed(self, message: str, record: Record, error: Exception, **more: str | float) -> None:
        log_failed(message, self._processor.group, record, error, **more)
