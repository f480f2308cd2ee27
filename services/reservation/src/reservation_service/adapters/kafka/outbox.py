"""Domain events into the outbox, in the transaction of what they tell of."""

from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.ext.asyncio import AsyncConnection

from parking_messaging.adapters.postgres_outbox import PostgresOutbox
from reservation_service.adapters import metrics
from reservation_service.adapters.kafka.to_wire import to_wire
from reservation_service.domain.reservations import Reservation

outbox = PostgresOutbox()


class OutboxEvents:
    """See `reservation_service.application.ports.Events`. What is rolled back is not counted."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def publish(self, *reservations: Reservation) -> None:
        """Have everything that happened to the reservations told to the other services."""
        events = [event for reservation in reservations for event in reservation.events]
        if not events:
            return
        await outbox.add(self._connection, [to_wire(event) for event in events])

        def count(_connection: object) -> None:
            metrics.count(events)

        sqlalchemy_event.listen(self._connection.sync_connection, "commit", count, once=True)
