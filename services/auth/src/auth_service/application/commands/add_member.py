"""Let someone into an organization."""

from dataclasses import dataclass
from uuid import UUID

from auth_service.application.commands.lock_user import LockUser, lock_user
from auth_service.application.ports import OpenWork
from auth_service.domain.organizations import MemberRole
from auth_service.domain.roles import OPERATOR
from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock


@dataclass(frozen=True, slots=True)
class AddMember:
    """Someone is to run an organization's lots."""

    asker: Asker
    organization_id: UUID
    user_id: UUID
    role: MemberRole


@dataclass(frozen=True, slots=True)
class AddMemberHandler:
    """Adds the member and gives the role `operator`, without which a member could do nothing there."""

    open_work: OpenWork
    clock: Clock

    async def __call__(self, command: AddMember) -> None:
        """Raises `UnknownOrganization`, `UnknownUser`, `OrganizationFull` and `AskerSignedOut`."""
        now = self.clock.now()
        async with self.open_work(command.asker) as work:
            organization = await work.organizations.get(command.organization_id)
            user = await lock_user(work, LockUser(command.asker, command.user_id))
            organization.add_member(command.user_id, command.role, now)
            user.assign_role(OPERATOR, now)
            await work.organizations.save(organization)
            await work.users.save(user)
