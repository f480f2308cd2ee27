"""Close an account for signing in."""

from dataclasses import dataclass
from uuid import UUID

from auth_service.application.ports import OpenWork
from auth_service.domain.logins import EndReason
from parking_kernel.clocks import Clock


@dataclass(frozen=True, slots=True)
class SuspendUser:
    """An administrator closes an account."""

    user_id: UUID


@dataclass(frozen=True, slots=True)
class SuspendUserHandler:
    """Suspends the user and ends all logins."""

    open_work: OpenWork
    clock: Clock

    async def __call__(self, command: SuspendUser) -> None:
        """Raises `UnknownUser`."""
        now = self.clock.now()
        async with self.open_work() as work:
            user = await work.users.get(command.user_id)
            user.suspend(now)
            await work.users.save(user)
            logins = await work.logins.open_of_user(command.user_id)
            for login in logins:
                login.end(EndReason.SUSPENDED, now)
                await work.logins.save(login)
            await work.events.publish(user, *logins)
