"""Logins and refresh tokens in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from auth_service.adapters.postgres.tables import logins, refresh_tokens
from auth_service.domain.logins import (
    KEPT_WHEN_OVER,
    LOGIN_LIFETIME,
    REFRESH_TOKEN_LIFETIME,
    EndReason,
    Login,
    LoginState,
    RefreshToken,
)
from parking_kernel.concurrency import ChangedMeanwhile


class PostgresLogins:
    """See `auth_service.application.ports.Logins`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, login: Login, token: RefreshToken) -> None:
        """Keep a new login with its first token."""
        await self._connection.execute(insert(logins).values(_row(login.state)))
        await self._add_token(token)

    async def by_refresh_token(self, secret_hash: bytes) -> tuple[Login, RefreshToken] | None:
        """The login of a token, and the token, used or not."""
        owner = select(refresh_tokens.c.login_id).where(refresh_tokens.c.secret_hash == secret_hash)
        login = await self._locked(logins.c.id == owner.scalar_subquery())
        if login is None:
            return None
        # Read after the lock: whoever held it before may have used the token.
        statement = select(refresh_tokens).where(refresh_tokens.c.secret_hash == secret_hash)
        row = (await self._connection.execute(statement)).mappings().first()
        return (login, RefreshToken(**row)) if row else None

    async def rotate(self, used: RefreshToken, fresh: RefreshToken) -> None:
        """Note that one token was used and what followed it."""
        mine = refresh_tokens.c.secret_hash == used.secret_hash
        await self._connection.execute(update(refresh_tokens).where(mine).values(used_at=fresh.issued_at))
        await self._add_token(fresh)

    async def get(self, login_id: UUID) -> Login | None:
        """One login, open or not."""
        return await self._locked(logins.c.id == login_id)

    async def open_of_user(self, user_id: UUID) -> Sequence[Login]:
        """A user's open logins, to be ended."""
        # In a fixed order, so that two who end them all do not wait for each other.
        mine = select(logins).where(logins.c.user_id == user_id, logins.c.ended_at.is_(None)).order_by(logins.c.id)
        found = await self._connection.execute(mine.with_for_update())
        return [Login(_state(row)) for row in found.mappings()]

    async def devices_of_user(self, user_id: UUID, at: datetime) -> Sequence[LoginState]:
        """A user's logins that can still be used, the newest first."""
        mine = select(logins).where(logins.c.user_id == user_id, *_usable(at)).order_by(logins.c.id.desc())
        return [_state(row) for row in (await self._connection.execute(mine)).mappings()]

    async def save(self, login: Login) -> None:
        """Keep a changed login. Raises `ChangedMeanwhile`."""
        mine = (logins.c.id == login.state.id) & (logins.c.version == login.loaded_version)
        statement = update(logins).where(mine).values(_row(login.state))
        if (await self._connection.execute(statement)).rowcount != 1:
            raise ChangedMeanwhile("login")

    async def count_open(self, at: datetime) -> int:
        """How many logins of all users can still be used."""
        statement = select(func.count()).where(*_usable(at))
        return (await self._connection.execute(statement)).scalar_one()

    async def forget(self, at: datetime, limit: int) -> int:
        """Delete logins that are over since `KEPT_WHEN_OVER`, and expired tokens; how many, up to 2 × `limit`."""
        over = or_(
            logins.c.ended_at < at - KEPT_WHEN_OVER,
            logins.c.last_used_at < at - REFRESH_TOKEN_LIFETIME - KEPT_WHEN_OVER,
            logins.c.started_at < at - LOGIN_LIFETIME - KEPT_WHEN_OVER,
        )
        chosen = select(logins.c.id).where(over).limit(limit).with_for_update(skip_locked=True)
        ids = (await self._connection.execute(chosen)).scalars().all()
        await self._connection.execute(delete(refresh_tokens).where(refresh_tokens.c.login_id.in_(ids)))
        await self._connection.execute(delete(logins).where(logins.c.id.in_(ids)))
        expired = (
            select(refresh_tokens.c.secret_hash)
            .where(refresh_tokens.c.issued_at < at - REFRESH_TOKEN_LIFETIME)
            .limit(limit)
        )
        tokens = await self._connection.execute(delete(refresh_tokens).where(refresh_tokens.c.secret_hash.in_(expired)))
        return len(ids) + tokens.rowcount

    async def _locked(self, condition: ColumnElement[bool]) -> Login | None:
        statement = select(logins).where(condition).with_for_update()
        row = (await self._connection.execute(statement)).mappings().first()
        return Login(_state(row)) if row else None

    async def _add_token(self, token: RefreshToken) -> None:
        values = {
            "secret_hash": token.secret_hash,
            "login_id": token.login_id,
            "issued_at": token.issued_at,
            "used_at": token.used_at,
        }
        await self._connection.execute(insert(refresh_tokens).values(values))


def _usable(at: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        logins.c.ended_at.is_(None),
        logins.c.last_used_at > at - REFRESH_TOKEN_LIFETIME,
        logins.c.started_at > at - LOGIN_LIFETIME,
    )


def _state(row: RowMapping) -> LoginState:
    reason = row["end_reason"]
    return LoginState(**{**row, "end_reason": EndReason(reason) if reason else None})


def _row(state: LoginState) -> dict[str, object]:
    return {
        "id": state.id,
        "user_id": state.user_id,
        "device": state.device,
        "started_at": state.started_at,
        "last_used_at": state.last_used_at,
        "ended_at": state.ended_at,
        "end_reason": state.end_reason.value if state.end_reason else None,
        "version": state.version,
    }
