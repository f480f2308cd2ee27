"""Give a user a role."""

from dataclasses import dataclass
from uuid import UUID

from auth_service.application.commands.lock_user import LockUser, lock_user
from auth_service.application.ports import OpenWork
from auth_service.domain.errors import OwnAccount, UnknownRole
from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock


@dataclass(frozen=True, slots=True)
class AssignRole:
    """Give a user a role."""

    asker: Asker
    user_id: UUID
    role: str


@dataclass(frozen=True, slots=True)
class AssignRoleHandler:
    """Changes the user; it shows in the next access token."""

    open_work: OpenWork
    clock: Clock

    async def __call__(self, command: AssignRole) -> None:
        """Raises `OwnAccount`, `UnknownUser`, `UnknownRole` and `AskerSignedOut`."""
        async with self.open_work(command.asker) as work:
            if command.role not in {role.name for role in await work.roles.all()}:
                raise UnknownRole(command.role)
            if command.user_id == command.asker.user_id:
                raise OwnAccount
            user = await lock_user(work, LockUser(command.asker, command.user_id))
            user.assign_role(command.role, self.clock.now())
            await work.users.save(user)
