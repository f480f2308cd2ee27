"""What happened to deliveries, into the outbox, in the transaction that stores it."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.adapters.kafka.to_wire import to_wire
from notification_service.domain.deliveries import Delivery
from parking_messaging.adapters.postgres_outbox import PostgresOutbox

outbox = PostgresOutbox()


async def publish(connection: AsyncConnection, changed: Sequence[Delivery]) -> None:
    """Write the events of all that changed, in their order."""
    await outbox.add(connection, [to_wire(event) for delivery in changed for event in delivery.events])
