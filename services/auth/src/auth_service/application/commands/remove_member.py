"""Let someone leave an organization."""

from dataclasses import dataclass
from uuid import UUID

from auth_service.application.commands.end_logins_of_user import EndLoginsOfUser, end_logins_of_user
from auth_service.application.commands.lock_user import LockUser, lock_user
from auth_service.application.ports import OpenWork
from auth_service.domain.errors import OwnAccount
from auth_service.domain.logins import EndReason
from auth_service.domain.roles import OPERATOR
from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock


@dataclass(frozen=True, slots=True)
class RemoveMember:
    """Someone runs an organization's lots no more."""

    asker: Asker
    organization_id: UUID
    user_id: UUID


@dataclass(frozen=True, slots=True)
class RemoveMemberHandler:
    """Removes the member and ends all their logins; with the last organization the role `operator` goes too.

    Someone who is no member keeps the role: then it was not the membership that gave it.
    """

    open_work: OpenWork
    clock: Clock

    async def __call__(self, command: RemoveMember) -> None:
        """Raises `OwnAccount`, `UnknownOrganization`, `UnknownUser` and `AskerSignedOut`."""
        if command.user_id == command.asker.user_id:
            raise OwnAccount
        now = self.clock.now()
        async with self.open_work(command.asker) as work:
            organization = await work.organizations.get(command.organization_id)
            user = await lock_user(work, LockUser(command.asker, command.user_id))
            was_member = command.user_id in organization.state.members
            organization.remove_member(command.user_id, now)
            await work.organizations.save(organization)
            if was_member and not (await work.roles.grant_of(user.state)).memberships:
                user.revoke_role(OPERATOR, now)
            await work.users.save(user)
            if was_member:
                await end_logins_of_user(work, EndLoginsOfUser(command.user_id, EndReason.MEMBERSHIP_REMOVED, now))
