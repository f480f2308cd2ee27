"""Note that nobody came."""

from dataclasses import dataclass
from uuid import UUID

from parking_kernel.clocks import Clock
from reservation_service.application.ports import OpenWork

_BATCH = 200


@dataclass(frozen=True, slots=True)
class NoteNoShows:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class NoteNoShowsHandler:
    """Marks confirmed reservations whose time is over, each in a transaction of its own."""

    open_work: OpenWork
    clock: Clock

    async def __call__(self, _command: NoteNoShows) -> int:
        """How many were marked."""
        async with self.open_work() as work:
            missed = await work.reservations.missed(self.clock.now(), _BATCH)
        return sum([await self._note(each) for each in missed])

    async def _note(self, reservation_id: UUID) -> bool:
        async with self.open_work() as work:
            reservation = await work.reservations.get(reservation_id)
            noted = reservation.note_no_show(self.clock.now())
            if noted:
                await work.allocations.free(reservation_id)
                await work.reservations.save(reservation)
                await work.events.publish(reservation)
        return noted
