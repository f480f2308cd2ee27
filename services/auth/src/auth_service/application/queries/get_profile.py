"""A user's own profile."""

from dataclasses import dataclass
from uuid import UUID

from auth_service.application.ports import OpenWork
from auth_service.domain.grants import Grant
from auth_service.domain.users import UserState


@dataclass(frozen=True, slots=True)
class GetProfile:
    """Whose profile."""

    user_id: UUID


@dataclass(frozen=True, slots=True)
class GetProfileHandler:
    """Reads the user, and what they may do."""

    open_work: OpenWork

    async def __call__(self, query: GetProfile) -> tuple[UserState, Grant]:
        """Raises `UnknownUser`."""
        async with self.open_work() as work:
            user = await work.users.read(query.user_id)
            return user, await work.roles.grant_of(user)
