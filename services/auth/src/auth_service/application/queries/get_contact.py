"""How a user is reached."""

from dataclasses import dataclass
from uuid import UUID

from auth_service.application.ports import OpenWork
from auth_service.domain.users import UserState


@dataclass(frozen=True, slots=True)
class GetContact:
    """Another service is about to write to this user."""

    user_id: UUID


@dataclass(frozen=True, slots=True)
class GetContactHandler:
    """Reads name and address. One who may not sign in still hears of refunds."""

    open_work: OpenWork

    async def __call__(self, query: GetContact) -> UserState:
        """Raises `UnknownUser`."""
        async with self.open_work() as work:
            return await work.users.read(query.user_id)
