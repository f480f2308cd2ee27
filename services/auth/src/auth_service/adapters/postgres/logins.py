"""Logins and refresh tokens in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, delete, exists, func, insert, select, text, update

from auth_service.adapters.postgres.tables import login_count_changes, logins, refresh_tokens
from auth_service.application.ports import Aggregate
from auth_service.domain.logins import (
    LOGIN_LIFETIME,
    REFRESH_TOKEN_LIFETIME,
    STORED_WHEN_OVER,
    EndReason,
    Login,
    LoginState,
    RefreshToken,
)
from parking_chassis.tables import is_among
from parking_chassis.units_of_work import Transaction
from parking_kernel.concurrency import ChangedMeanwhile

_OPEN = logins.c.ended_at.is_(None)

# The columns in which a login changes after its start.
_SAVE = text(
    """
    UPDATE logins SET last_used_at = changed.last_used_at, ended_at = changed.ended_at,
                      end_reason = changed.end_reason, version = changed.version
    FROM unnest(
        CAST(:ids AS uuid[]), CAST(:loaded_versions AS integer[]), CAST(:last_used_at AS timestamptz[]),
        CAST(:ended_at AS timestamptz[]), CAST(:end_reasons AS text[]), CAST(:versions AS integer[])
    ) AS changed (id, loaded_version, last_used_at, ended_at, end_reason, version)
    WHERE logins.id = changed.id AND logins.version = changed.loaded_version
    """
)
# What another worker is adding up is passed over, so nothing is counted twice; the sum is the same before and after.
_SUM_UP = text(
    """
    WITH chosen AS (
        SELECT id FROM login_count_changes ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
    ), deleted AS (
        DELETE FROM login_count_changes WHERE id IN (SELECT id FROM chosen) RETURNING change
    ), total AS (
        INSERT INTO login_count_changes (change) SELECT sum(change) FROM deleted HAVING count(*) > 0
    )
    SELECT count(*) FROM deleted
    """
)
# A login's tokens are looked up login by login; all at once, they might be sought through the whole table.
_DELETE_TOKENS = text(
    """
    DELETE FROM refresh_tokens WHERE secret_hash = ANY (ARRAY(
        SELECT token.secret_hash FROM unnest(CAST(:ids AS uuid[])) AS login (id)
        CROSS JOIN LATERAL (SELECT secret_hash FROM refresh_tokens WHERE login_id = login.id LIMIT :limit) AS token
        LIMIT :limit
    ))
    """
)


class PostgresLogins:
    """See `auth_service.application.ports.Logins`."""

    def __init__(self, transaction: Transaction[Aggregate]) -> None:
        self._connection = transaction.connection
        self._changes = transaction.changes

    async def add(self, login: Login, token: RefreshToken) -> None:
        """Store a new login with its first token."""
        await self._connection.execute(insert(logins).values(_row(login.state)))
        await self._add_token(token)
        self._changes.saved(login)

    async def by_refresh_token(self, secret_hash: bytes) -> tuple[Login, RefreshToken] | None:
        """The login of a token, and the token, used or not."""
        owner = select(refresh_tokens.c.login_id).where(refresh_tokens.c.secret_hash == secret_hash)
        login = await self._locked(logins.c.id == owner.scalar_subquery())
        if login is None:
            return None
        # Read after the lock: another request that held it before may have used the token.
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

    async def open_of_user(self, user_id: UUID, limit: int) -> Sequence[Login]:
        """A user's open logins, to be ended; at most `limit`."""
        # In a fixed order, so that two requests that end them all do not wait for each other.
        mine = select(logins).where(logins.c.user_id == user_id, logins.c.ended_at.is_(None)).order_by(logins.c.id)
        found = await self._connection.execute(mine.limit(limit).with_for_update())
        return [self._changes.loaded(Login(_state(row))) for row in found.mappings()]

    async def devices_of_user(
        self, user_id: UUID, at: datetime, after: UUID | None, limit: int
    ) -> Sequence[LoginState]:
        """A user's logins that can still be used, the newest first, after one of them; at most `limit`."""
        mine = select(logins).where(logins.c.user_id == user_id, *_usable(at)).order_by(logins.c.id.desc())
        if after:
            mine = mine.where(logins.c.id < after)
        return [_state(row) for row in (await self._connection.execute(mine.limit(limit))).mappings()]

    async def save(self, *changed: Login) -> None:
        """Store changed logins. Raises `ChangedMeanwhile`."""
        if not changed:
            return
        values = {
            "ids": [login.state.id for login in changed],
            "loaded_versions": [login.loaded_version for login in changed],
            "last_used_at": [login.state.last_used_at for login in changed],
            "ended_at": [login.state.ended_at for login in changed],
            "end_reasons": [_reason(login.state) for login in changed],
            "versions": [login.state.version for login in changed],
        }
        if (await self._connection.execute(_SAVE, values)).rowcount != len(changed):
            raise ChangedMeanwhile("login")
        self._changes.saved(*changed)

    async def count_open(self, at: datetime) -> int:
        """How many logins of all users can still be used."""
        # What has expired and was not yet ended by `end_expired` is subtracted: that is little, and found by its index.
        idle, aged = _expired(at)
        total = select(func.coalesce(func.sum(login_count_changes.c.change), 0)).scalar_subquery()
        expired = [
            select(func.count()).select_from(logins).where(*conditions).scalar_subquery()
            for conditions in ((_OPEN, idle), (_OPEN, aged, ~idle))
        ]
        return int((await self._connection.execute(select(total - expired[0] - expired[1]))).scalar_one())

    async def sum_up_count(self, limit: int) -> int:
        """Add up what changed in that number since the last time; how many changes, up to `limit`."""
        return (await self._connection.execute(_SUM_UP, {"limit": limit})).scalar_one()

    async def end_expired(self, at: datetime, limit: int) -> int:
        """End logins that expired, without an event: their tokens expire with them."""
        ended = 0
        for is_expired, order in zip(_expired(at), (logins.c.last_used_at, logins.c.started_at), strict=True):
            chosen = select(logins.c.id).where(_OPEN, is_expired).order_by(order).limit(limit)
            expires_at = func.least(
                logins.c.last_used_at + REFRESH_TOKEN_LIFETIME, logins.c.started_at + LOGIN_LIFETIME
            )
            found = await self._connection.execute(
                update(logins)
                .where(is_among(logins.c.id, chosen.with_for_update(skip_locked=True)))
                .values(ended_at=expires_at, end_reason=EndReason.EXPIRED.value)
            )
            ended += found.rowcount
        return ended

    async def purge(self, at: datetime, limit: int) -> int:
        """Delete logins over since `STORED_WHEN_OVER` with their tokens, and expired tokens."""
        is_over = logins.c.ended_at < at - STORED_WHEN_OVER
        over = select(logins.c.id).where(is_over).order_by(logins.c.ended_at).limit(limit)
        ids = (await self._connection.execute(over.with_for_update(skip_locked=True))).scalars().all()
        # One login may have thousands of tokens: it goes when all of them have gone.
        orphans = (await self._connection.execute(_DELETE_TOKENS, {"ids": ids, "limit": limit})).rowcount
        has_tokens = exists().where(refresh_tokens.c.login_id == logins.c.id)
        gone = await self._connection.execute(delete(logins).where(logins.c.id.in_(ids), ~has_tokens))
        is_expired = refresh_tokens.c.issued_at < at - REFRESH_TOKEN_LIFETIME
        expired = select(refresh_tokens.c.secret_hash).where(is_expired).order_by(refresh_tokens.c.issued_at)
        tokens = delete(refresh_tokens).where(is_among(refresh_tokens.c.secret_hash, expired.limit(limit)))
        return max(gone.rowcount, orphans) + (await self._connection.execute(tokens)).rowcount

    async def _locked(self, condition: ColumnElement[bool]) -> Login | None:
        statement = select(logins).where(condition).with_for_update()
        row = (await self._connection.execute(statement)).mappings().first()
        return self._changes.loaded(Login(_state(row))) if row else None

    async def _add_token(self, token: RefreshToken) -> None:
        values = {
            "secret_hash": token.secret_hash,
            "login_id": token.login_id,
            "issued_at": token.issued_at,
            "used_at": token.used_at,
        }
        await self._connection.execute(insert(refresh_tokens).values(values))


def _usable(at: datetime) -> tuple[ColumnElement[bool], ...]:
    return _OPEN, *(~condition for condition in _expired(at))


def _expired(at: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """`LoginState.expires_at` in two conditions, for each of which there is an index."""
    return logins.c.last_used_at <= at - REFRESH_TOKEN_LIFETIME, logins.c.started_at <= at - LOGIN_LIFETIME


def _state(row: RowMapping) -> LoginState:
    reason = row["end_reason"]
    return LoginState(**{**row, "end_reason": EndReason(reason) if reason else None})


def _reason(state: LoginState) -> str | None:
    return state.end_reason.value if state.end_reason else None


def _row(state: LoginState) -> dict[str, object]:
    return {
        "id": state.id,
        "user_id": state.user_id,
        "device": state.device,
        "started_at": state.started_at,
        "last_used_at": state.last_used_at,
        "ended_at": state.ended_at,
        "end_reason": _reason(state),
        "version": state.version,
    }
