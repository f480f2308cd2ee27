"""What happened to the aggregates that a unit of work stored, into the outbox of the same transaction."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from parking_messaging import PostgresOutbox
from parking_service.adapters.kafka.to_wire import to_wire
from parking_service.application.ports import Aggregate

outbox = PostgresOutbox()


async def publish(connection: AsyncConnection, changed: Sequence[Aggregate]) -> None:
    """Write everything that happened to the aggregates, in their order, in one statement."""
    await outbox.add(connection, [to_wire(event) for aggregate in changed for event in aggregate.events])
