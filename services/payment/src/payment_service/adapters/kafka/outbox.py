"""Domain events into the outbox, in the transaction of what they tell of."""

from sqlalchemy.ext.asyncio import AsyncConnection

from parking_messaging.adapters.postgres_outbox import PostgresOutbox
from payment_service.adapters.kafka.to_wire import entry_to_wire, to_wire
from payment_service.domain.payments import Payment

outbox = PostgresOutbox()


class OutboxEvents:
    """See `payment_service.application.ports.Events`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def publish(self, *payments: Payment) -> None:
        """Have everything that happened to the payments, and what they booked, told to the other services."""
        events = [to_wire(event) for payment in payments for event in payment.events]
        entries = [entry_to_wire(entry) for payment in payments for entry in payment.entries]
        if events or entries:
            await outbox.add(self._connection, [*events, *entries])
