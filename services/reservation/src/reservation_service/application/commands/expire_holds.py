"""Expire overdue holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from parking_kernel.askers import THE_SERVICE
from parking_kernel.batches import Attempts
from parking_kernel.pages import Position
from reservation_service.application.ports import OpenWork, SpotRequest, Work
from reservation_service.domain.incoming_payments import TakenIn
from reservation_service.domain.reservations import Reservation

_BATCH = 50


@dataclass(frozen=True, slots=True)
class ExpireHolds:
    """The timer came round, or a driver wants the time that overdue holds stand in the way of (`wanted`)."""

    wanted: SpotRequest | None = None


@dataclass(frozen=True, slots=True)
class ExpireHoldsHandler:
    """Expires holds, a batch in each transaction; one batch is enough for a request, which looks again.

    A hold that fell due after the last moment up to which payment's events were consumed waits, and so does one of a
    reservation whose events Kafka refuses: with Kafka or payment's relay away, what was paid must not expire.

    The timer tries those of a batch that fails one by one, so that one which cannot expire holds up no other, and
    passes by what others have locked: another worker expires it, or a payment settles it. A request waits for those:
    whether it may be refused depends on what becomes of them.
    """

    open_work: OpenWork
    attempts: Attempts

    async def __call__(self, command: ExpireHolds) -> int:
        """How many expired."""
        if command.wanted:
            return await self._expire_in_the_way_of(command.wanted)
        expired, after = 0, None
        while True:
            due_by, due = await self._due(after)
            ids = [reservation_id for _, reservation_id in due]
            expired += await self._expire_all(ids, due_by)
            if len(due) < _BATCH:
                return expired
            after = due[-1]

    async def _expire_in_the_way_of(self, wanted: SpotRequest) -> int:
        async with self.open_work(THE_SERVICE) as work:
            now, watermark = await _state_of_payments(work)
            due_by = min(now, watermark.until)
            overdue = await work.reservations.overdue(due_by, _BATCH, wanted, held=watermark.held)
            await _expire(work, overdue, now)
        return len(overdue)

    async def _due(self, after: Position | None) -> tuple[datetime, Sequence[Position]]:
        async with self.open_work(THE_SERVICE) as work:
            now, watermark = await _state_of_payments(work)
            due_by = min(now, watermark.until)
            return due_by, await work.reservations.due_holds(due_by, after, _BATCH, held=watermark.held)

    async def _expire_all(self, ids: Sequence[UUID], due_by: datetime) -> int:
        """Together, or each by itself where that fails, or has failed a short time ago."""
        expired: list[UUID] = []

        together = partial(self._expire_unlocked, ids, due_by, expired)
        if len(ids) > 1 and await self.attempts.attempt(("together", ids[0]), together):
            return len(expired)
        for each in ids:
            await self.attempts.attempt(each, partial(self._expire_unlocked, [each], due_by, expired))
        return len(expired)

    async def _expire_unlocked(self, ids: Sequence[UUID], due_by: datetime, expired: list[UUID]) -> bool:
        """Notes those that expired. What was due and not held when the list was made still is, unless it changed."""
        async with self.open_work(THE_SERVICE) as work:
            overdue = await work.reservations.overdue_of(ids, due_by)
            await _expire(work, overdue, await work.time.now())
        expired += [reservation.state.id for reservation in overdue]
        return True


async def _state_of_payments(work: Work) -> tuple[datetime, TakenIn]:
    return await work.time.now(), await work.payment_watermark.read()


async def _expire(work: Work, overdue: Sequence[Reservation], now: datetime) -> None:
    for reservation in overdue:
        reservation.expire(now)
        await work.timetable.release(reservation.state.id)
        await work.reservations.save(reservation)
