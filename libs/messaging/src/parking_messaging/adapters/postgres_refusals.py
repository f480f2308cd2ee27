"""Which rows of an outbox Kafka refused, recorded in the rows themselves.

A connection for each of them: refusals are rare, and the relay's own connection is for its lock. The outbox needs the
column `refused_at`, see `parking_messaging.tables` and `parking_messaging.migrations`.
"""

import asyncio
from collections.abc import Collection
from typing import Final

import asyncpg

from parking_messaging.failures import BacklogLost

_NOTE: Final = "UPDATE outbox SET refused_at = now() WHERE seq = ANY($1::bigint[])"
_SECONDS: Final = 2.0
"""Less than a relay may be silent on its own connection."""
_STATEMENT: Final = "1500ms"
"""Then PostgreSQL ends it, also for a relay that is gone; less than what the relay waits for."""


class PostgresRefusals:
    """See `Refusals`. Takes SQLAlchemy's URLs too."""

    def __init__(self, database_url: str, service: str) -> None:
        self._dsn = database_url.replace("postgresql+asyncpg://", "postgresql://", 1)
        self._settings = {"application_name": f"{service} refusals", "statement_timeout": _STATEMENT}

    async def note(self, seqs: Collection[int]) -> None:
        """Note it in their rows. Raises BacklogLost where the database does not answer in two seconds."""
        try:
            async with asyncio.timeout(_SECONDS):
                connection = await asyncpg.connect(self._dsn, server_settings=self._settings)
                try:
                    await connection.execute(_NOTE, list(seqs))
                finally:
                    await connection.close(timeout=_SECONDS)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
            raise BacklogLost(f"a refusal could not be noted: {type(error).__name__}: {error}") from error
