"""Open a suspended account again."""

from dataclasses import dataclass, field
from uuid import UUID

from auth_service.application.commands.lock_user import LockUser, lock_user
from auth_service.application.ports import OpenWork
from auth_service.domain.errors import OwnAccount
from auth_service.domain.users import StatusChange
from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock


@dataclass(frozen=True, slots=True)
class ReinstateUser:
    """An administrator opens an account again."""

    asker: Asker
    user_id: UUID
    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReinstateUserHandler:
    """Opens the account. The user signs in again: what the suspension ended stays ended."""

    open_work: OpenWork
    clock: Clock

    async def __call__(self, command: ReinstateUser) -> None:
        """Raises `OwnAccount`, `UnknownUser` and `AskerSignedOut`."""
        if command.user_id == command.asker.user_id:
            raise OwnAccount
        async with self.open_work(command.asker) as work:
            user = await lock_user(work, LockUser(command.asker, command.user_id))
            user.reinstate(StatusChange(command.reason, command.asker.user_id, self.clock.now()))
            await work.users.save(user)
