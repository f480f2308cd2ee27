import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from services.auth.tests.fakes.postgres.tables import Tables

from auth_service.application.ports import Aggregate
from auth_service.domain.errors import UnknownUser
from auth_service.domain.users import (
    SHARED_BY,
    PastStatus,
    StatusChanged,
    User,
    UserFilter,
    UserState,
    normalised_email,
)
from parking_kernel.changes import Changes
from parking_kernel.concurrency import ChangedMeanwhile


class InMemoryUsers:
    """See `auth_service.application.ports.Users`."""

    def __init__(self, tables: Tables, changes: Changes[Aggregate]) -> None:
        self._changes = changes
        self._users = tables.users
        self._status_changes = tables.status_changes

    async def get(self, user_id: UUID) -> User:
        return self._changes.loaded(User(await self.read(user_id)))

    async def read(self, user_id: UUID) -> UserState:
        if user_id not in self._users:
            raise UnknownUser(user_id)
        return self._users[user_id]

    async def of_address(self, email: str) -> Sequence[UserState]:
        wanted = normalised_email(email)
        mine = [state for state in self._users.values() if state.email == wanted]
        found = sorted(mine, key=lambda state: (state.has_signed_in, state.id), reverse=True)
        return [state for state in found if state.is_verified] or found[:SHARED_BY]

    async def sharing(self, email: str) -> Sequence[User]:
        return [self._changes.loaded(User(state)) for state in sorted(await self.of_address(email), key=_id)]

    async def add(self, user: User) -> bool:
        mine = user.state
        if mine.is_verified and any(each.is_verified and each.email == mine.email for each in self._users.values()):
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
        for each in user.events:
            if isinstance(each, StatusChanged) and (change := each.user.last_status_change):
                self._status_changes[user.state.id, each.user.version] = PastStatus(each.user.status, change)
        self._changes.saved(user)

    async def store_hash(self, user_id: UUID, password_hash: str) -> None:
        self._users[user_id] = replace(self._users[user_id], password_hash=password_hash)

    async def note_sign_in(self, user_id: UUID) -> None:
        self._users[user_id] = replace(self._users[user_id], has_signed_in=True)

    async def status_history(self, user_id: UUID, limit: int) -> Sequence[PastStatus]:
        versions = sorted((version for mine, version in self._status_changes if mine == user_id), reverse=True)
        return [self._status_changes[user_id, version] for version in versions[:limit]]

    async def page(self, wanted: UserFilter, after: UUID | None, limit: int) -> Sequence[UserState]:
        found = [
            state
            for state in sorted(self._users.values(), key=_id)
            if (after is None or state.id > after) and _is_wanted(state, wanted)
        ]
        return found[:limit]


def _is_wanted(state: UserState, wanted: UserFilter) -> bool:
    return (
        _folded(wanted.query or "") in _folded(f"{state.email or ''} {state.full_name}")
        and wanted.status in (None, state.status)
        and (wanted.role is None or wanted.role in state.roles)
        and wanted.is_verified in (None, state.is_verified)
    )


def _folded(text: str) -> str:
    plain = text.lower().replace("ß", "ss").replace("ł", "l").replace("ø", "o")
    return "".join(each for each in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(each))


def _id(state: UserState) -> UUID:
    return state.id
