"""Inbox, dead letters and parked events in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from parking_messaging.adapters.postgres_inbox import dead_letter_row
from parking_messaging.cloud_events import Envelope
from parking_messaging.fakes.outbox import FakeOutbox
from parking_messaging.fakes.transactions import FakeTransaction
from parking_messaging.ports import Claim, Failure, Stuck
from parking_messaging.records import Record, Subject


@dataclass(slots=True)
class KeptDead:
    """A dead letter."""

    position: int
    consumer: str
    envelope: Envelope
    record: Record
    failure: Failure
    failed_at: datetime
    resolution: str | None = None


@dataclass(slots=True)
class _State:
    noted: dict[tuple[str, UUID], datetime] = field(default_factory=dict[tuple[str, UUID], datetime])
    blocked: list[tuple[str, Subject]] = field(default_factory=list[tuple[str, Subject]])
    dead: list[KeptDead] = field(default_factory=list[KeptDead])
    parked: dict[tuple[str, UUID], Stuck] = field(default_factory=dict[tuple[str, UUID], Stuck])
    parked_subjects: dict[int, tuple[str, Subject]] = field(default_factory=dict[int, tuple[str, Subject]])
    position: int = 0

    def copy(self) -> "_State":
        """What a rollback returns to."""
        return _State(
            noted=dict(self.noted),
            blocked=list(self.blocked),
            dead=[replace(letter) for letter in self.dead],
            parked=dict(self.parked),
            parked_subjects=dict(self.parked_subjects),
            position=self.position,
        )


class FakeInbox:
    """See `Inbox`. One transaction at a time, as it has no locks."""

    def __init__(self, outbox: FakeOutbox | None = None) -> None:
        self._outbox = outbox or FakeOutbox()
        self._state = _State()

    @property
    def dead_letters(self) -> list[KeptDead]:
        """All that ever died."""
        return self._state.dead

    async def claim(
        self, tx: FakeTransaction, consumer: str, envelopes: Sequence[Envelope], *, once: bool
    ) -> list[Claim]:
        """One after the other."""
        self._remember(tx)
        seen: set[UUID] = set()
        claims: list[Claim] = []
        for envelope in envelopes:
            if (consumer, envelope.subject) in self._state.blocked:
                claims.append(Claim.BLOCKED)
            elif envelope.event_id in seen or (once and (consumer, envelope.event_id) in self._state.noted):
                claims.append(Claim.DUPLICATE)
            else:
                claims.append(Claim.FRESH)
                seen.add(envelope.event_id)
                if once:
                    self._state.noted[consumer, envelope.event_id] = datetime.now(UTC)
        return claims

    async def note(self, tx: FakeTransaction, consumer: str, envelope: Envelope) -> Claim:
        """Note it."""
        self._remember(tx)
        if (consumer, envelope.event_id) in self._state.noted:
            return Claim.DUPLICATE
        self._state.noted[consumer, envelope.event_id] = datetime.now(UTC)
        return Claim.FRESH

    async def park(self, tx: FakeTransaction, consumer: str, envelope: Envelope, record: Record) -> None:
        """Once."""
        self._remember(tx)
        if (consumer, envelope.event_id) not in self._state.parked:
            position = self._next_position()
            self._state.parked[consumer, envelope.event_id] = Stuck(position, is_dead=False, record=record)
            self._state.parked_subjects[position] = (consumer, envelope.subject)

    async def bury(
        self, tx: FakeTransaction, consumer: str, envelope: Envelope, record: Record, failure: Failure
    ) -> bool:
        """Block, keep, publish; or park."""
        self._remember(tx)
        if (consumer, envelope.subject) in self._state.blocked:
            await self.park(tx, consumer, envelope, record)
            return False
        self._state.blocked.append((consumer, envelope.subject))
        await self._keep_dead(tx, consumer, envelope, record, failure)
        return True

    async def recent_dead_letters(self, tx: FakeTransaction, consumer: str, window: timedelta) -> int:  # noqa: ARG002
        """Count."""
        since = datetime.now(UTC) - window
        return sum(letter.consumer == consumer and letter.failed_at > since for letter in self._state.dead)

    async def blocked(self, tx: FakeTransaction, consumer: str) -> list[Subject]:  # noqa: ARG002
        """List."""
        return [subject for group, subject in self._state.blocked if group == consumer]

    async def next_stuck(self, tx: FakeTransaction, consumer: str, subject: Subject) -> Stuck | None:
        """The dead one, else the first parked one, else unblock."""
        self._remember(tx)
        if (consumer, subject) not in self._state.blocked:
            return None
        for letter in self._state.dead:
            if (letter.consumer, letter.envelope.subject) == (consumer, subject) and letter.resolution is None:
                return Stuck(letter.position, is_dead=True, record=letter.record)
        for stuck in sorted(self._state.parked.values(), key=lambda each: each.position):
            if self._state.parked_subjects[stuck.position] == (consumer, subject):
                return stuck
        self._state.blocked.remove((consumer, subject))
        return None

    async def release(self, tx: FakeTransaction, consumer: str, stuck: Stuck, resolution: str) -> None:  # noqa: ARG002
        """Resolve or unpark."""
        self._remember(tx)
        if not stuck.is_dead:
            self._unpark(stuck)
        for letter in self._state.dead:
            if stuck.is_dead and letter.position == stuck.position:
                letter.resolution = resolution

    async def fail_again(
        self, tx: FakeTransaction, consumer: str, envelope: Envelope, stuck: Stuck, failure: Failure
    ) -> None:
        """Note the new error."""
        self._remember(tx)
        if not stuck.is_dead:
            self._unpark(stuck)
            await self._keep_dead(tx, consumer, envelope, stuck.record, failure)
            return
        for letter in self._state.dead:
            if letter.position == stuck.position:
                attempts = letter.failure.attempts + failure.attempts
                letter.failure = Failure(failure.error_type, failure.error, attempts)

    async def purge(self, tx: FakeTransaction, consumer: str, older_than: timedelta, limit: int) -> int:
        """Delete by age."""
        self._remember(tx)
        until = datetime.now(UTC) - older_than
        old = [key for key, noted_at in self._state.noted.items() if key[0] == consumer and noted_at < until]
        for key in old[:limit]:
            del self._state.noted[key]
        return len(old[:limit])

    def _remember(self, tx: FakeTransaction) -> None:
        before = self._state.copy()
        tx.on_rollback(lambda: setattr(self, "_state", before))

    def _next_position(self) -> int:
        self._state.position += 1
        return self._state.position

    def _unpark(self, stuck: Stuck) -> None:
        self._state.parked = {key: each for key, each in self._state.parked.items() if each.position != stuck.position}

    async def _keep_dead(
        self, tx: FakeTransaction, consumer: str, envelope: Envelope, record: Record, failure: Failure
    ) -> None:
        position = self._next_position()
        self._state.dead.append(KeptDead(position, consumer, envelope, record, failure, datetime.now(UTC)))
        await self._outbox.add_rows(tx, [dead_letter_row(consumer, envelope, record, failure)])
