"""Close an account for signing in."""

from dataclasses import dataclass, field
from uuid import UUID

from auth_service.application.commands.end_logins_of_user import EndLoginsOfUser, end_logins_of_user
from auth_service.application.commands.lock_user import LockUser, lock_user
from auth_service.application.ports import OpenWork
from auth_service.domain.errors import OwnAccount
from auth_service.domain.logins import EndReason
from auth_service.domain.users import StatusChange
from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock


@dataclass(frozen=True, slots=True)
class SuspendUser:
    """An administrator closes an account."""

    asker: Asker
    user_id: UUID
    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SuspendUserHandler:
    """Suspends the user and ends all logins."""

    open_work: OpenWork
    clock: Clock

    async def __call__(self, command: SuspendUser) -> None:
        """Raises `OwnAccount`, `UnknownUser` and `AskerSignedOut`."""
        if command.user_id == command.asker.user_id:
            raise OwnAccount
        now = self.clock.now()
        async with self.open_work(command.asker) as work:
            user = await lock_user(work, LockUser(command.asker, command.user_id))
            user.suspend(StatusChange(command.reason, command.asker.user_id, now))
            await work.users.save(user)
            await end_logins_of_user(work, EndLoginsOfUser(command.user_id, EndReason.SUSPENDED, now))
