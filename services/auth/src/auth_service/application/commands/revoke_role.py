"""Take a role from a user."""

from dataclasses import dataclass
from uuid import UUID

from auth_service.application.commands.end_logins_of_user import EndLoginsOfUser, end_logins_of_user
from auth_service.application.commands.lock_user import LockUser, lock_user
from auth_service.application.ports import OpenWork
from auth_service.domain.errors import OwnAccount, UnknownRole
from auth_service.domain.logins import EndReason
from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock


@dataclass(frozen=True, slots=True)
class RevokeRole:
    """Take a role from a user."""

    asker: Asker
    user_id: UUID
    role: str


@dataclass(frozen=True, slots=True)
class RevokeRoleHandler:
    """Changes the user, and ends all logins: their tokens still say what was taken away."""

    open_work: OpenWork
    clock: Clock

    async def __call__(self, command: RevokeRole) -> None:
        """Raises `OwnAccount`, `UnknownUser`, `UnknownRole` and `AskerSignedOut`."""
        if command.user_id == command.asker.user_id:
            raise OwnAccount
        now = self.clock.now()
        async with self.open_work(command.asker) as work:
            if command.role not in {role.name for role in await work.roles.all()}:
                raise UnknownRole(command.role)
            user = await lock_user(work, LockUser(command.asker, command.user_id))
            had_it = command.role in user.state.roles
            user.revoke_role(command.role, now)
            await work.users.save(user)
            if had_it:
                await end_logins_of_user(work, EndLoginsOfUser(command.user_id, EndReason.ROLE_REVOKED, now))
