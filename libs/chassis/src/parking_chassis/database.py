"""PostgreSQL: engines, and the one place where a transaction commits."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import asyncpg
from sqlalchemy import event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from parking_kernel.pauses import GrowingPause

CONNECT_TIMEOUT = 5.0
ATTEMPTS = 5
PAUSE = GrowingPause(timedelta(milliseconds=20), timedelta(seconds=1))
TRANSIENT = frozenset({"40P01", "40001"})
AWAY = ("08", "53", "57", "58")
"""Classes of sqlstate: connection, resources, operator (shutdown, start, time-out), system error."""


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """How many connections one process may hold, and for how long (seconds); how long a statement on one may take.

    With `generic_plans` a connection plans each statement once, whatever its parameters are. On a partitioned table
    PostgreSQL would plan again each time: it does not expect that a generic plan leaves partitions out when it runs.
    """

    size: int = 20
    recycle: int = 3600
    timeout: float = 5.0
    statement_timeout: float = 15.0
    generic_plans: bool = False


def create_engine(url: str, application_name: str, pool: PoolSettings) -> AsyncEngine:
    """An engine on asyncpg for a plain `postgresql://` URL. Nothing connects yet."""
    engine = create_async_engine(
        for_sqlalchemy(url),
        async_creator=connecting(url, application_name, pool.statement_timeout, generic_plans=pool.generic_plans),
        pool_size=pool.size,
        max_overflow=0,
        pool_recycle=pool.recycle,
        pool_timeout=pool.timeout,
        pool_use_lifo=True,
        hide_parameters=True,  # an error's text ends in the log, and parameters are people's data
    )
    event.listen(engine.sync_engine, "checkout", _leave_closed)
    return engine


def for_sqlalchemy(url: str) -> str:
    """A plain `postgresql://` URL with the driver's name."""
    return url.replace("postgresql://", "postgresql+asyncpg://", 1)


def connecting(
    url: str, application_name: str, statement_timeout: float, *, generic_plans: bool = False
) -> Callable[[], Coroutine[Any, Any, asyncpg.Connection]]:
    """How an engine connects. The driver reads the URL itself: SQLAlchemy would pass `sslmode` on as what it is not."""

    async def connect() -> asyncpg.Connection:
        settings = connection_settings(application_name, statement_timeout)
        if generic_plans:
            settings["plan_cache_mode"] = "force_generic_plan"
        return await asyncpg.connect(url, timeout=CONNECT_TIMEOUT, server_settings=settings)

    return connect


def connection_settings(application_name: str, statement_timeout: float) -> dict[str, str]:
    """What each connection is set to. PostgreSQL ends a statement that takes longer (seconds; 0: never).

    Such a statement is as good as a database that is away (`is_away`): 503, and a consumer tries again.
    """
    return {
        "application_name": application_name,
        "timezone": "UTC",
        "statement_timeout": str(int(statement_timeout * 1000)),
    }


def _leave_closed(connection: DBAPIConnection, _record: ConnectionPoolEntry, _proxy: PoolProxiedConnection) -> None:
    """Where the server has closed a connection, the driver knows without asking; the others from before are left too.

    SQLAlchemy's `pool_pre_ping` finds out the same in three round trips before each use (docs/decisions/0016).
    """
    driver = cast("asyncpg.Connection[asyncpg.Record]", connection.driver_connection)
    if driver.is_closed():
        raise InvalidatePoolError


async def ping(engine: AsyncEngine) -> None:
    """Raise what keeps the database from answering."""
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))


def is_away(error: BaseException) -> bool:
    """Whether the database is away, or went away during the statement: the statement itself is not at fault."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    # What a connection reports after the server went away and before it is closed.
    if isinstance(_cause(error), asyncpg.InternalClientError):
        return True
    return (_sqlstate(error) or "").startswith(AWAY)


def is_transient(error: BaseException) -> bool:
    """True for a deadlock (40P01) and a serialization failure (40001): the same transaction may succeed if repeated."""
    return _sqlstate(error) in TRANSIENT


def _sqlstate(error: BaseException) -> str | None:
    return getattr(_cause(error), "sqlstate", None)


def _cause(error: BaseException) -> BaseException:
    """What the driver raised, where SQLAlchemy wrapped it."""
    return error.orig or error if isinstance(error, DBAPIError) else error


async def with_retries[Result](operation: Callable[[], Awaitable[Result]]) -> Result:
    """Run a whole transaction again after a transient failure, with jitter; the last failure is raised.

    It may run through SQLAlchemy, or on the driver itself.
    """
    for attempt in range(1, ATTEMPTS):
        try:
            return await operation()
        except (DBAPIError, asyncpg.PostgresError) as error:
            if not is_transient(error):
                raise
        await asyncio.sleep(random.uniform(0, PAUSE.after(attempt).total_seconds()))  # noqa: S311 - spreads clients, no secret
    return await operation()
