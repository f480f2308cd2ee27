from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from services.auth.tests.fakes.postgres.tables import Tables

from auth_service.application.ports import Aggregate
from auth_service.domain.errors import UnknownUser
from auth_service.domain.users import User, UserState, normalised_email
from parking_kernel.changes import Changes
from parking_kernel.concurrency import ChangedMeanwhile


class InMemoryUsers:
    """See `auth_service.application.ports.Users`."""

    def __init__(self, tables: Tables, changes: Changes[Aggregate]) -> None:
        self._changes = changes
        self._users = tables.users

    async def get(self, user_id: UUID) -> User:
        return self._changes.loaded(User(await self.read(user_id)))

    async def read(self, user_id: UUID) -> UserState:
        if user_id not in self._users:
            raise UnknownUser(user_id)
        return self._users[user_id]

    async def by_email(self, email: str) -> UserState | None:
        wanted = normalised_email(email)
        return next((state for state in self._users.values() if state.email == wanted), None)

    async def add(self, user: User) -> bool:
        if await self.by_email(user.state.email):
            return False
        self._users[user.state.id] = user.state
        self._changes.saved(user)
        return True

    async def save(self, user: User) -> None:
        if user.state.version == user.loaded_version:
            return
        if (await self.read(user.state.id)).version != user.loaded_version:
            raise ChangedMeanwhile("user")
        self._users[user.state.id] = user.state
        self._changes.saved(user)

    async def store_hash(self, user_id: UUID, password_hash: str) -> None:
        self._users[user_id] = replace(self._users[user_id], password_hash=password_hash)

    async def page(self, query: str | None, after: UUID | None, limit: int) -> Sequence[UserState]:
        wanted = (query or "").lower()
        found = [
            self._users[user_id]
            for user_id in sorted(self._users)
            if after is None or user_id > after
            if any(wanted in text.lower() for text in (self._users[user_id].email, self._users[user_id].full_name))
        ]
        return found[:limit]
