from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.auth.tests.fakes.postgres.tables import Tables

from auth_service.domain.logins import (
    KEPT_WHEN_OVER,
    LOGIN_LIFETIME,
    REFRESH_TOKEN_LIFETIME,
    Login,
    LoginState,
    RefreshToken,
)
from parking_kernel.concurrency import ChangedMeanwhile


class InMemoryLogins:
    """See `auth_service.application.ports.Logins`. The whole unit of work is one lock, so nothing else locks."""

    def __init__(self, tables: Tables) -> None:
        self._logins = tables.logins
        self._tokens = tables.refresh_tokens

    async def add(self, login: Login, token: RefreshToken) -> None:
        self._logins[login.state.id] = login.state
        self._tokens[token.secret_hash] = token

    async def by_refresh_token(self, secret_hash: bytes) -> tuple[Login, RefreshToken] | None:
        token = self._tokens.get(secret_hash)
        return (Login(self._logins[token.login_id]), token) if token else None

    async def rotate(self, used: RefreshToken, fresh: RefreshToken) -> None:
        self._tokens[used.secret_hash] = replace(used, used_at=fresh.issued_at)
        self._tokens[fresh.secret_hash] = fresh

    async def get(self, login_id: UUID) -> Login | None:
        state = self._logins.get(login_id)
        return Login(state) if state else None

    async def open_of_user(self, user_id: UUID) -> Sequence[Login]:
        return [Login(state) for state in self._logins.values() if state.user_id == user_id and state.is_open]

    async def devices_of_user(self, user_id: UUID, at: datetime) -> Sequence[LoginState]:
        mine = [state for state in self._logins.values() if state.user_id == user_id and _is_usable(state, at)]
        return sorted(mine, key=lambda state: state.id, reverse=True)

    async def save(self, login: Login) -> None:
        kept = self._logins.get(login.state.id)
        if kept is None or kept.version != login.loaded_version:
            raise ChangedMeanwhile("login")
        self._logins[login.state.id] = login.state

    async def count_open(self, at: datetime) -> int:
        return sum(_is_usable(state, at) for state in self._logins.values())

    async def forget(self, at: datetime, limit: int) -> int:
        over = [login_id for login_id, state in self._logins.items() if _is_over(state, at)][:limit]
        for login_id in over:
            del self._logins[login_id]
        orphans = [key for key, token in self._tokens.items() if token.login_id in over]
        for key in orphans:
            del self._tokens[key]
        expired = [key for key, token in self._tokens.items() if token.issued_at < at - REFRESH_TOKEN_LIFETIME][:limit]
        for key in expired:
            del self._tokens[key]
        return len(over) + len(expired)


def _is_usable(state: LoginState, at: datetime) -> bool:
    is_fresh = state.last_used_at > at - REFRESH_TOKEN_LIFETIME and state.started_at > at - LOGIN_LIFETIME
    return state.is_open and is_fresh


def _is_over(state: LoginState, at: datetime) -> bool:
    if state.ended_at is not None and state.ended_at < at - KEPT_WHEN_OVER:
        return True
    return not _is_usable(replace(state, ended_at=None), at - KEPT_WHEN_OVER)
