"""The ended logins that a serving process knows: read from the table twice a second, asked at each request.

**Nothing that commits late is lost.** Each row names the transaction that wrote it. With the rows, a reading fetches
the oldest transaction that was still running then (`pg_snapshot_xmin`): all older ones it has seen. The next reading
begins there, so it repeats a few rows and leaves none out. A sequence could not promise that, nor could a time.

**Without the database a process goes on with what it knows**, and its `revocations_age_seconds` grows. After a failure
all is read again: the server that answers then may be another one, which does not know the last transactions.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Collection, Iterable
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID

import asyncpg
import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import REGISTRY, Collector
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from parking_chassis.access_tokens import Principal
from parking_chassis.metrics import ERRORS
from parking_chassis.process import every

log = structlog.stdlib.get_logger(__name__)

Listener = Callable[[Collection[str]], None]

INTERVAL: Final = 0.5
BATCH: Final = 2_000
_PATIENCE: Final = 2.0
_PURGE_SECONDS: Final = 60.0
_TIMER: Final = "ended_logins"
_UNREADABLE: Final = (
    SQLAlchemyError,
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
_NO_LOGIN: Final = UUID(int=0)

_READ: Final = text(
    """
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS horizon,
           ended.login_id, extract(epoch FROM ended.expires_at)::float8 AS expires_at, ended.written_by
    FROM (SELECT) AS once LEFT JOIN LATERAL (
        SELECT login_id, expires_at, written_by FROM ended_logins
        WHERE (written_by, login_id) > (CAST(:written_by AS bigint), CAST(:login_id AS uuid)) AND expires_at > now()
        ORDER BY written_by, login_id LIMIT :batch
    ) AS ended ON true
    ORDER BY ended.written_by, ended.login_id
    """
)


class EndedLogins:
    """See `parking_chassis.access_tokens.Revocations`.

    Nothing connects before `following` or `refresh`. `interval` is the pause between two readings, in seconds; `now`
    gives the seconds since 1970, and `elapsed` those since some instant.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        *,
        interval: float = INTERVAL,
        batch: int = BATCH,
        now: Callable[[], float] = time.time,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._interval = interval
        self._batch = batch
        self._now = now
        self._elapsed = elapsed
        self._until: dict[str, float] = {}
        self._listeners: list[Listener] = []
        self._begin_at = 0
        self._read_at = elapsed()
        self._purged_at = elapsed()
        self._is_behind = False

    @property
    def known(self) -> int:
        """How many ended logins are known."""
        return len(self._until)

    @property
    def age(self) -> float:
        """The seconds since what is known was read last."""
        return self._elapsed() - self._read_at

    async def is_revoked(self, principal: Principal) -> bool:
        """Whether the token's login ended. A token without a login is never revoked."""
        return self.has(principal.login_id)

    def has(self, login_id: str | None) -> bool:
        """Whether this login ended, as far as known here."""
        return login_id in self._until

    def on_end(self, listener: Listener) -> None:
        """Call `listener` with the ids of the logins that each reading finds ended."""
        self._listeners.append(listener)

    @asynccontextmanager
    async def following(self) -> AsyncGenerator[None]:
        """Keep reading until the end of the block. The first reading comes before the block, where it succeeds."""
        gauge = _Age(self)
        REGISTRY.register(gauge)
        await self.refresh()
        stop = asyncio.Event()
        reading = asyncio.ensure_future(every(self._interval, _TIMER, self.refresh)(stop))
        try:
            yield
        finally:
            stop.set()
            await reading
            REGISTRY.unregister(gauge)

    async def refresh(self) -> None:
        """Read what ended since the last time. Where the database does not answer, what is known stays."""
        try:
            await self._read()
        except _UNREADABLE as error:
            self._begin_at = 0
            ERRORS.labels(_TIMER).inc()
            if not self._is_behind:
                log.warning("ended_logins_unreadable", error=type(error).__name__, known=self.known)
            self._is_behind = True
            return
        if self._is_behind:
            log.info("ended_logins_readable", after_seconds=round(self.age, 1), known=self.known)
        self._is_behind = False
        self._read_at = self._elapsed()
        self._purge()

    async def _read(self) -> None:
        """Read all that is new, batch by batch. Only a whole reading moves the beginning of the next one on."""
        horizon: int | None = None
        after = (self._begin_at, _NO_LOGIN)
        while True:
            async with asyncio.timeout(_PATIENCE), self._engine.connect() as connection:
                values = {"written_by": after[0], "login_id": after[1], "batch": self._batch}
                rows = (await connection.execute(_READ, values)).all()
            horizon = rows[0].horizon if horizon is None else horizon
            ended = [row for row in rows if row.login_id is not None]  # without any, the one row has the horizon alone
            self._publish({str(row.login_id): row.expires_at for row in ended})
            if len(ended) < self._batch:
                break
            after = (ended[-1].written_by, ended[-1].login_id)
        self._begin_at = horizon

    def _publish(self, ended: dict[str, float]) -> None:
        fresh = ended.keys() - self._until.keys()
        if not fresh:
            return
        self._until |= ended
        log.info("logins_ended", count=len(fresh))
        for listener in self._listeners:
            listener(fresh)

    def _purge(self) -> None:
        """Drop, once a minute, those whose last token has expired."""
        if self._elapsed() - self._purged_at < _PURGE_SECONDS:
            return
        self._purged_at = self._elapsed()
        now = self._now()
        self._until = {login_id: until for login_id, until in self._until.items() if until > now}


class _Age(Collector):
    """How old what a process knows is, read when asked."""

    def __init__(self, logins: EndedLogins) -> None:
        self._logins = logins

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Two samples."""
        age = GaugeMetricFamily("revocations_age_seconds", "Since the ended logins were read last")
        age.add_metric([], self._logins.age)
        yield age
        known = GaugeMetricFamily("revocations_known", "Ended logins that this process knows and refuses")
        known.add_metric([], self._logins.known)
        yield known
