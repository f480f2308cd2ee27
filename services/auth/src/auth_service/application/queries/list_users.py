"""Find users."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from auth_service.application.ports import OpenWork
from auth_service.domain.users import UserState


@dataclass(frozen=True, slots=True)
class ListUsers:
    """Users whose name or address contains `query`, in the order of their ids, after one of them."""

    query: str | None
    after: UUID | None
    limit: int


@dataclass(frozen=True, slots=True)
class ListUsersHandler:
    """Reads one page."""

    open_work: OpenWork

    async def __call__(self, query: ListUsers) -> Sequence[UserState]:
        """At most `limit` users."""
        async with self.open_work() as work:
            return await work.users.page(query.query, query.after, query.limit)
