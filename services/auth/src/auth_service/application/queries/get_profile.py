"""A user's own profile."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from auth_service.application.ports import Membership, OpenWork
from auth_service.domain.users import UserState


@dataclass(frozen=True, slots=True)
class GetProfile:
    """Whose profile."""

    user_id: UUID


@dataclass(frozen=True, slots=True)
class Profile:
    """A user with what they may do, and where."""

    user: UserState
    permissions: frozenset[str]
    memberships: Sequence[Membership]


@dataclass(frozen=True, slots=True)
class GetProfileHandler:
    """Reads user, permissions and memberships."""

    open_work: OpenWork

    async def __call__(self, query: GetProfile) -> Profile:
        """Raises `UnknownUser`."""
        async with self.open_work() as work:
            user = (await work.users.get(query.user_id)).state
            return Profile(
                user,
                await work.roles.permissions_of(user.roles),
                await work.organizations.memberships(user.id),
            )
