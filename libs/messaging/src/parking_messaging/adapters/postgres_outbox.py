"""The outbox in the service's own database."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from parking_events import WireEvent
from parking_messaging.outbox_rows import column_values, outbox_row
from parking_messaging.processing_log import log_recorded
from parking_messaging.records import OutboxRow

type Executor = AsyncConnection | AsyncSession
"""Whatever holds the caller's transaction."""

# Arrays keep the statement the same for any number of rows, so that it is prepared once. `seq` is drawn in the
# order of the sort: events of one call keep their order.
_INSERT: Final = text(
    """
    INSERT INTO outbox (id, aggregatetype, aggregateid, version, partition_key, type, payload, headers)
    SELECT e.id, e.aggregatetype, e.aggregateid, e.version, e.partition_key, e.type, e.payload, e.headers::jsonb
    FROM unnest(
        CAST(:id AS uuid[]), CAST(:aggregatetype AS text[]), CAST(:aggregateid AS text[]), CAST(:version AS bigint[]),
        CAST(:partition_key AS text[]), CAST(:type AS text[]), CAST(:payload AS bytea[]), CAST(:headers AS text[])
    ) WITH ORDINALITY
        AS e (id, aggregatetype, aggregateid, version, partition_key, type, payload, headers, place)
    ORDER BY e.place
    """
)


class PostgresOutbox:
    """Writes events in the caller's transaction; it never commits."""

    async def add(self, tx: Executor, events: Sequence[WireEvent]) -> None:
        """Write the events, in this order, in one statement, and a log line for each."""
        rows = [outbox_row(event) for event in events]
        await self.add_rows(tx, rows)
        log_recorded(events, rows)

    async def add_rows(self, tx: Executor, rows: Sequence[OutboxRow]) -> None:
        """Write rows that were made before."""
        if not rows:
            return
        values = [column_values(row) for row in rows]
        await tx.execute(_INSERT, {name: [value[name] for value in values] for name in values[0]})
