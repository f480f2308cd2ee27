"""What the outbox holds of payments that Kafka has not got."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from parking_events.topics import PAYMENT
from payment_service.application.ports import UnpublishedEvent

# No further than the limit, by the index of the topic's unsent rows: only that one has this order. With the topic as an
# equality the index by number alone would have it too, and with it all that waits of other topics might be read.
# A row is held when it or an earlier one of its payment was refused; the earlier ones are among those that are read.
FIRST = text(
    """
    SELECT seq, partition_key, bool_or(refused_at IS NOT NULL) OVER (PARTITION BY aggregateid ORDER BY seq) AS is_held
    FROM (
        SELECT seq, aggregateid, partition_key, refused_at FROM outbox
        WHERE sent_at IS NULL AND (aggregatetype, seq) >= (:topic, 0) AND aggregatetype <= :topic
        ORDER BY aggregatetype, seq LIMIT :limit
    ) unsent
    ORDER BY seq
    """
)


class PostgresUnpublishedPayments:
    """See `payment_service.application.ports.UnpublishedPayments`. A payment's partition key is its reservation."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def first(self, limit: int) -> Sequence[UnpublishedEvent]:
        """The events that leave next, in their order; as committed at this instant."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(FIRST, {"topic": PAYMENT.name, "limit": limit})
            return [UnpublishedEvent(row.seq, UUID(row.partition_key), row.is_held) for row in rows]
