"""Close an account for signing in."""

from dataclasses import dataclass
from uuid import UUID

from auth_service.application.commands.end_logins_of_user import EndLoginsOfUser, end_logins_of_user
from auth_service.application.ports import OpenWork
from auth_service.domain.logins import EndReason
from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock


@dataclass(frozen=True, slots=True)
class SuspendUser:
    """An administrator closes an account."""

    asker: Asker
    user_id: UUID


@dataclass(frozen=True, slots=True)
class SuspendUserHandler:
    """Suspends the user and ends all logins."""

    open_work: OpenWork
    clock: Clock

    async def __call__(self, command: SuspendUser) -> None:
        """Raises `UnknownUser`."""
        now = self.clock.now()
        async with self.open_work(command.asker) as work:
            user = await work.users.get(command.user_id)
            user.suspend(now)
            await work.users.save(user)
            await end_logins_of_user(work, EndLoginsOfUser(command.user_id, EndReason.SUSPENDED, now))
