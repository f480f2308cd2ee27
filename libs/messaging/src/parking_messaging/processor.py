"""One event, one transaction: the claim and the handler's writes commit together or not at all."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import islice, takewhile
from typing import Final

from parking_events import dead_letter_topic
from parking_messaging import metrics
from parking_messaging.cloud_events import Envelope, envelope_of, event_of, salvaged_envelope
from parking_messaging.failures import PoisonEvent, TooManyDeadLetters
from parking_messaging.handlers import Delivery, Handlers, Kind, Route
from parking_messaging.ports import Claim, Failure, Inbox, Transactions
from parking_messaging.processing_log import log_buried, log_settled
from parking_messaging.records import Record
from parking_messaging.tracing import process_spans


class Outcome(StrEnum):
    """What became of a record."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"
    PARKED = "parked"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class DeadLetterLimit:
    """More than `count` dead letters within the window stop the consumer."""

    count: int = 500
    window: timedelta = timedelta(minutes=10)


class Processor[Tx]:
    """Applies records for one consumer group."""

    def __init__(
        self,
        *,
        group: str,
        handlers: Handlers[Tx],
        transactions: Transactions[Tx],
        inbox: Inbox[Tx],
        limit: DeadLetterLimit,
        notes_effects: bool = True,
    ) -> None:
        self.group = group
        self._handlers = handlers
        self._transactions = transactions
        self._inbox = inbox
        self._limit = limit
        self._notes_effects = notes_effects

    @property
    def topics(self) -> frozenset[str]:
        """What the group reads."""
        return self._handlers.topics

    @property
    def shares_a_lane(self) -> bool:
        """Whether all partitions of a process are worked through in one lane."""
        return self._handlers.share_a_lane

    def begin_counting(self) -> None:
        """Show every counter of this group at 0: the first event that fails is then an increase."""
        metrics.expect_group(self.group, [*self._handlers.types, _OTHER], Outcome)
        metrics.expect_topics([dead_letter_topic(self.group).name])

    def run_length(self, records: Iterable[Record]) -> int:
        """How many of the first records one handler takes together; at least 1."""
        waiting = iter(records)
        route = self._route(next(waiting))
        if route is None:
            return 1
        following = islice(waiting, route.batch_size - 1)
        return 1 + sum(1 for _ in takewhile(lambda record: self._route(record) == route, following))

    async def apply(self, record: Record) -> Outcome:
        """Settle one record. Raises what the handler raises, PoisonEvent included; then nothing was written."""
        route = self._route(record)
        if route is None and _type_of(record):
            return self._counted(record, Outcome.IGNORED)
        if route is None:
            envelope_of(record)  # names all that is missing
            raise PoisonEvent("the record has no ce_type")
        (outcome,) = await self.apply_run([record])
        return outcome

    async def apply_run(self, records: Sequence[Record]) -> Sequence[Outcome]:
        """Settle records that share a handler, in one transaction. Raises as `apply`; then nothing was written."""
        route = self._route(records[0])
        if route is None:
            raise PoisonEvent("a run has a handler")
        envelopes = [envelope_of(record) for record in records]
        deliveries = [
            Delivery(event_of(envelope, record.value), envelope)
            for envelope, record in zip(envelopes, records, strict=True)
        ]
        began = time.perf_counter()
        with process_spans(envelopes, self.group) as spans:
            async with self._transactions() as tx:
                claims = await self._inbox.claim(tx, self.group, envelopes, once=self._is_once(route))
                for record, envelope, claim in zip(records, envelopes, claims, strict=True):
                    if claim is Claim.BLOCKED:
                        await self._inbox.park(tx, self.group, envelope, record)
                fresh = [delivery for delivery, claim in zip(deliveries, claims, strict=True) if claim is Claim.FRESH]
                if fresh:
                    await route.handle(fresh, tx)
            outcomes = [_OUTCOMES[claim] for claim in claims]
            log_settled(self.group, deliveries, spans, outcomes, time.perf_counter() - began)
        return [self._counted(record, outcome) for record, outcome in zip(records, outcomes, strict=True)]

    async def bury(self, record: Record, error: Exception, attempts: int) -> Outcome:
        """Keep a record that cannot be applied. Raises TooManyDeadLetters, having written nothing, past the limit."""
        envelope, began = envelope_or_salvage(record), time.perf_counter()
        async with self._transactions() as tx:
            is_dead = await self._inbox.bury(tx, self.group, envelope, record, failure_of(error, attempts))
            recent = await self._inbox.recent_dead_letters(tx, self.group, self._limit.window) if is_dead else 0
            if recent > self._limit.count:
                raise TooManyDeadLetters(
                    f"{self.group} has more than {self._limit.count} dead letters within {self._limit.window}"
                )
        if is_dead:
            metrics.DEAD_LETTERS.labels(self.group, self._type_label(envelope.event_type)).inc()
        outcome = Outcome.DEAD if is_dead else Outcome.PARKED
        log_buried(self.group, record, error, outcome, attempts, time.perf_counter() - began)
        return self._counted(record, outcome)

    def _route(self, record: Record) -> Route[Tx] | None:
        return self._handlers.route(_type_of(record))

    def _is_once(self, route: Route[Tx]) -> bool:
        return route.kind is Kind.EFFECT and self._notes_effects

    def _counted(self, record: Record, outcome: Outcome) -> Outcome:
        metrics.EVENTS_CONSUMED.labels(self.group, self._type_label(_type_of(record)), outcome.value).inc()
        return outcome

    def _type_label(self, event_type: str) -> str:
        """A label must not take whatever somebody writes into a header."""
        return event_type if self._handlers.route(event_type) else _OTHER


_OTHER: Final = "other"
_OUTCOMES = {Claim.FRESH: Outcome.APPLIED, Claim.DUPLICATE: Outcome.DUPLICATE, Claim.BLOCKED: Outcome.PARKED}


def _type_of(record: Record) -> str:
    """`ce_type`, read without the rest: most topics carry events that a group does not care for."""
    return next((value for name, value in record.headers if name == "ce_type"), b"").decode(errors="replace")


def failure_of(error: Exception, attempts: int) -> Failure:
    """An error as it is kept: shortened, and without what PostgreSQL cannot hold."""
    return Failure(type(error).__name__, str(error)[:2000].replace("\x00", "\ufffd"), attempts)


def envelope_or_salvage(record: Record) -> Envelope:
    """The envelope, or what is known of a record that has none."""
    try:
        return envelope_of(record)
    except PoisonEvent:
        return salvaged_envelope(record)
