"""Domain events into the outbox, in the transaction of what they tell of."""

from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.adapters.kafka.to_wire import to_wire
from notification_service.domain.deliveries import Delivery
from parking_messaging.adapters.postgres_outbox import PostgresOutbox

outbox = PostgresOutbox()


class OutboxEvents:
    """See `notification_service.application.ports.Events`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def publish(self, *deliveries: Delivery) -> None:
        """Have everything that happened to the deliveries told to the other services."""
        events = [to_wire(event) for delivery in deliveries for event in delivery.events]
        if events:
            await outbox.add(self._connection, events)
