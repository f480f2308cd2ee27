"""Domain events into the outbox, in the transaction of what they tell of."""

from sqlalchemy.ext.asyncio import AsyncConnection

from parking_messaging import PostgresOutbox
from parking_service.adapters.kafka.to_wire import to_wire
from parking_service.application.ports import Aggregate

outbox = PostgresOutbox()


class OutboxEvents:
    """See `parking_service.application.ports.Events`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def publish(self, *aggregates: Aggregate) -> None:
        """Have everything that happened to the aggregates told to the other services, in this order."""
        events = [to_wire(event) for aggregate in aggregates for event in aggregate.events]
        if events:
            await outbox.add(self._connection, events)
