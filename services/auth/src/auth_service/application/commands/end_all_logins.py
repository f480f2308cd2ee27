"""Sign all devices out."""

from dataclasses import dataclass

from auth_service.application.commands.end_logins_of_user import EndLoginsOfUser, end_logins_of_user
from auth_service.application.ports import OpenWork
from auth_service.domain.logins import EndReason
from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock


@dataclass(frozen=True, slots=True)
class EndAllLogins:
    """A user wants to be signed out everywhere."""

    asker: Asker


@dataclass(frozen=True, slots=True)
class EndAllLoginsHandler:
    """Ends every open login of a user."""

    open_work: OpenWork
    clock: Clock

    async def __call__(self, command: EndAllLogins) -> None:
        """End them all, in one transaction."""
        if (user_id := command.asker.user_id) is None:
            return  # a machine client never signed in
        now = self.clock.now()
        async with self.open_work(command.asker) as work:
            await end_logins_of_user(work, EndLoginsOfUser(user_id, EndReason.SIGNED_OUT, now))
