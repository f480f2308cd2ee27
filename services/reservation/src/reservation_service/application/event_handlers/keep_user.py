"""Auth published an account."""

from dataclasses import dataclass

from parking_kernel.clocks import Clock
from reservation_service.application.ports import UserCopy, Work


@dataclass(frozen=True, slots=True)
class KeepUser:
    """The account as it now is."""

    user: UserCopy


@dataclass(frozen=True, slots=True)
class KeepUserHandler:
    """Stores it, unless a newer version is here already, and tells operators of a driver who was suspended.

    The reservations stand; that their driver is not let in, or is again, is published with each of them.
    """

    clock: Clock

    async def __call__(self, work: Work, event: KeepUser) -> None:
        """Work in the consumer's transaction."""
        if not await work.users.keep(event.user):
            return
        standing = await work.reservations.get_all(await work.reservations.standing_of(event.user.id))
        for reservation in standing.values():
            reservation.note_user(is_suspended=event.user.is_suspended, at=self.clock.now())
            await work.reservations.save(reservation)
