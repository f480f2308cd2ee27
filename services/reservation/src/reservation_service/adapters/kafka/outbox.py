"""Domain events into the outbox, in the transaction of what they tell of."""

from sqlalchemy.ext.asyncio import AsyncConnection

from parking_messaging.adapters.postgres_outbox import PostgresOutbox
from reservation_service.adapters.kafka.to_wire import to_wire
from reservation_service.domain.reservations import Reservation

outbox = PostgresOutbox()


class OutboxEvents:
    """See `reservation_service.application.ports.Events`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def publish(self, *reservations: Reservation) -> None:
        """Have everything that happened to the reservations told to the other services."""
        events = [to_wire(event) for reservation in reservations for event in reservation.events]
        if events:
            await outbox.add(self._connection, events)
