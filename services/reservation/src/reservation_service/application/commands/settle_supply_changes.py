"""Go through the bookings in the way of changes that took supply away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from parking_kernel.askers import THE_SERVICE
from parking_kernel.batches import Attempts, attempt_all
from reservation_service.application.commands.settle_booking import SettleBooking, SettleBookingHandler
from reservation_service.application.commands.waits_for_exit import waits_for_exit
from reservation_service.application.ports import OpenWork, Work
from reservation_service.domain.reservations import ReservationState
from reservation_service.domain.supply import SupplyChange

_BATCH = 200
_CHANGES = 10
_LEASE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SettleSupplyChanges:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class SettleSupplyChangesHandler:
    """Settles booking by booking, each in a transaction of its own; one that fails holds up no other.

    A booking statement whose snapshot is older than the change may commit after a look. A change is therefore over
    only when a look finds nothing that began `settling` after the first, by when each such statement has ended. Where
    two processes have the same change, because one took longer than its lease, each booking is settled once all the
    same: it is locked, and looked at again.
    """

    open_work: OpenWork
    settle_booking: SettleBookingHandler
    attempts: Attempts
    settling: timedelta

    async def __call__(self, _command: SettleSupplyChanges) -> int:
        """How many bookings were settled."""
        async with self.open_work(THE_SERVICE) as work:
            now = await work.time.now()
            claimed = await work.supply_changes.claim(now, now + _LEASE, _CHANGES)
        settled: list[UUID] = []
        for change_id in claimed:
            await self.attempts.attempt(change_id, partial(self._go_through, change_id, settled))
        return len(settled)

    async def _go_through(self, change_id: UUID, settled: list[UUID]) -> bool:
        left = await self._look(change_id)
        done = await attempt_all(partial(_page_of, left), _BATCH, partial(self._attempt, settled))
        async with self.open_work(THE_SERVICE) as work:
            change = await work.supply_changes.get(change_id)
            change.look_again(await work.time.now(), is_held_up=done < len(left))
            await work.supply_changes.save(change)
        return True

    async def _look(self, change_id: UUID) -> Sequence[UUID]:
        """Those that are to be settled."""
        async with self.open_work(THE_SERVICE) as work:
            began = await work.time.now()
            in_the_way = await _in_the_way(work, change_id, began)
            change = await work.supply_changes.get(change_id)
            # Read after the lock: what the change took meanwhile could be booked until now.
            settled_by = await work.time.now() + self.settling
            given_up = [each.id for each in in_the_way if await _waits_no_longer(work, change, each, began)]
            left = change.look([each.id for each in in_the_way], began, settled_by, given_up)
            await work.supply_changes.save(change)
        return left

    async def _attempt(self, settled: list[UUID], reservation_id: UUID) -> bool:
        return await self.attempts.attempt(reservation_id, partial(self._settle, settled, reservation_id))

    async def _settle(self, settled: list[UUID], reservation_id: UUID) -> bool:
        if await self.settle_booking(SettleBooking(reservation_id)):
            settled.append(reservation_id)
        return True


async def _in_the_way(work: Work, change_id: UUID, now: datetime) -> Sequence[ReservationState]:
    found: list[ReservationState] = []
    after: UUID | None = None
    while True:
        states = await work.reservations.on_supply_of(change_id, after, _BATCH)
        supply = await work.lots.supply_of(states)
        found += [state for state in states if supply[state.id].is_gone_for(state, now)]
        if len(states) < _BATCH:
            return found
        after = states[-1].id


async def _waits_no_longer(work: Work, change: SupplyChange, state: ReservationState, now: datetime) -> bool:
    """Whether a change waited for an exit whose entry came no more."""
    return state.id in change.state.waiting and not await waits_for_exit(work, state, now)


async def _page_of(left: Sequence[UUID], after: UUID | None) -> Sequence[UUID]:
    begins = left.index(after) + 1 if after else 0
    return left[begins : begins + _BATCH]
