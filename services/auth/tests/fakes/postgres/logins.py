from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.auth.tests.fakes.postgres.tables import Tables

from auth_service.application.ports import Aggregate
from auth_service.domain.logins import (
    REFRESH_TOKEN_LIFETIME,
    STORED_WHEN_OVER,
    EndReason,
    Login,
    LoginState,
    RefreshToken,
)
from parking_kernel.changes import Changes
from parking_kernel.concurrency import ChangedMeanwhile


class InMemoryLogins:
    """See `auth_service.application.ports.Logins`. The whole unit of work is one lock, so nothing else locks."""

    def __init__(self, tables: Tables, changes: Changes[Aggregate]) -> None:
        self._changes = changes
        self._logins = tables.logins
        self._tokens = tables.refresh_tokens

    async def add(self, login: Login, token: RefreshToken) -> None:
        self._logins[login.state.id] = login.state
        self._tokens[token.secret_hash] = token
        self._changes.saved(login)

    async def by_refresh_token(self, secret_hash: bytes) -> tuple[Login, RefreshToken] | None:
        token = self._tokens.get(secret_hash)
        return (self._changes.loaded(Login(self._logins[token.login_id])), token) if token else None

    async def rotate(self, used: RefreshToken, fresh: RefreshToken) -> None:
        self._tokens[used.secret_hash] = replace(used, used_at=fresh.issued_at)
        self._tokens[fresh.secret_hash] = fresh

    async def get(self, login_id: UUID) -> Login | None:
        state = self._logins.get(login_id)
        return self._changes.loaded(Login(state)) if state else None

    async def open_of_user(self, user_id: UUID, limit: int) -> Sequence[Login]:
        mine = [state for state in self._logins.values() if state.user_id == user_id and state.is_open]
        return [self._changes.loaded(Login(state)) for state in sorted(mine, key=lambda state: state.id)[:limit]]

    async def devices_of_user(
        self, user_id: UUID, at: datetime, after: UUID | None, limit: int
    ) -> Sequence[LoginState]:
        mine = [
            state
            for state in self._logins.values()
            if state.user_id == user_id and _is_usable(state, at) and (after is None or state.id < after)
        ]
        return sorted(mine, key=lambda state: state.id, reverse=True)[:limit]

    async def save(self, *logins: Login) -> None:
        for login in logins:
            stored = self._logins.get(login.state.id)
            if stored is None or stored.version != login.loaded_version:
                raise ChangedMeanwhile("login")
            self._logins[login.state.id] = login.state
        self._changes.saved(*logins)

    async def count_open(self, at: datetime) -> int:
        return sum(_is_usable(state, at) for state in self._logins.values())

    async def sum_up_count(self, limit: int) -> int:
        return 0  # this one counts each time

    async def end_expired(self, at: datetime, limit: int) -> int:
        expired = [each for each in self._logins.values() if each.is_open and each.expires_at <= at][:limit]
        for state in expired:
            self._logins[state.id] = replace(state, ended_at=state.expires_at, end_reason=EndReason.EXPIRED)
        return len(expired)

    async def purge(self, at: datetime, limit: int) -> int:
        before = at - STORED_WHEN_OVER
        over = [key for key, state in self._logins.items() if state.ended_at and state.ended_at < before][:limit]
        orphans = self._delete_tokens(limit, lambda token: token.login_id in over)
        with_tokens = {token.login_id for token in self._tokens.values()}
        gone = [login_id for login_id in over if login_id not in with_tokens]
        for login_id in gone:
            del self._logins[login_id]
        expired = self._delete_tokens(limit, lambda token: token.issued_at < at - REFRESH_TOKEN_LIFETIME)
        return max(len(gone), orphans) + expired

    def _delete_tokens(self, limit: int, condition: Callable[[RefreshToken], bool]) -> int:
        chosen = [key for key, token in self._tokens.items() if condition(token)][:limit]
        for key in chosen:
            del self._tokens[key]
        return len(chosen)


def _is_usable(state: LoginState, at: datetime) -> bool:
    return state.is_open and state.expires_at > at
