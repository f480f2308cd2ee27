"""Who a user is, and what they may do."""

from dataclasses import dataclass
from uuid import UUID

from auth_service.application.ports import OpenWork
from auth_service.domain.grants import Grant
from auth_service.domain.users import UserState
from parking_kernel.askers import Asker


@dataclass(frozen=True, slots=True)
class GetProfile:
    """Whose profile."""

    asker: Asker
    user_id: UUID


@dataclass(frozen=True, slots=True)
class GetProfileHandler:
    """Reads the user with what their roles permit."""

    open_work: OpenWork

    async def __call__(self, query: GetProfile) -> tuple[UserState, Grant]:
        """Raises `UnknownUser`."""
        async with self.open_work(query.asker) as work:
            user = await work.users.read(query.user_id)
            return user, await work.roles.grant_of(user)
