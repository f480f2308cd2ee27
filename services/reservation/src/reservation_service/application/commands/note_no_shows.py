"""Note that nobody came."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from parking_kernel.askers import THE_SERVICE
from parking_kernel.batches import Attempts, attempt_all
from parking_kernel.pages import Position
from reservation_service.application.ports import OpenWork

_BATCH = 200


@dataclass(frozen=True, slots=True)
class NoteNoShows:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class NoteNoShowsHandler:
    """Marks confirmed reservations whose time is over, each in a transaction of its own.

    One that fails stays confirmed until it is tried again, and holds up none of those behind it.
    """

    open_work: OpenWork
    attempts: Attempts

    async def __call__(self, _command: NoteNoShows) -> int:
        """How many were marked."""
        return await attempt_all(self._missed, _BATCH, self._attempt)

    async def _missed(self, after: Position | None) -> Sequence[Position]:
        async with self.open_work(THE_SERVICE) as work:
            return await work.reservations.missed(await work.time.now(), after, _BATCH)

    async def _attempt(self, missed: Position) -> bool:
        _ended_at, reservation_id = missed
        return await self.attempts.attempt(reservation_id, partial(self._note, reservation_id))

    async def _note(self, reservation_id: UUID) -> bool:
        async with self.open_work(THE_SERVICE) as work:
            reservation = await work.reservations.get(reservation_id)
            noted = reservation.note_no_show(await work.time.now())
            if noted:
                await work.timetable.release(reservation_id)
                await work.reservations.save(reservation)
        return noted
