"""A user's signed-in devices."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from auth_service.application.ports import OpenWork
from auth_service.domain.logins import LoginState


@dataclass(frozen=True, slots=True)
class ListLogins:
    """Whose devices."""

    user_id: UUID


@dataclass(frozen=True, slots=True)
class ListLoginsHandler:
    """Reads the open logins."""

    open_work: OpenWork

    async def __call__(self, query: ListLogins) -> Sequence[LoginState]:
        """The newest first."""
        async with self.open_work() as work:
            return [login.state for login in await work.logins.open_of_user(query.user_id)]
