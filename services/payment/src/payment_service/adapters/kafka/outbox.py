"""Domain events into the outbox, in the transaction of what they tell of."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from parking_messaging.adapters.postgres_outbox import PostgresOutbox
from parking_messaging.tracing import current_trace, resumed
from payment_service.adapters.kafka.to_wire import entry_to_wire, to_wire
from payment_service.adapters.postgres.tables import payments as table
from payment_service.domain.payments import Payment

outbox = PostgresOutbox()


class OutboxEvents:
    """See `payment_service.application.ports.Events`.

    What happens in nobody's trace, such as a message of the provider or a timer's round, belongs to that of the request
    which began the payment.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def publish(self, *payments: Payment) -> None:
        """Have everything that happened to the payments, and what they booked, told to the other services."""
        changed = [payment for payment in payments if payment.events or payment.entries]
        if current_trace():
            await self._add(*changed)
            return
        for payment in changed:
            trace = select(table.c.trace).where(table.c.id == payment.state.id)
            with resumed((await self._connection.execute(trace)).scalar_one(), "payment changed"):
                await self._add(payment)

    async def _add(self, *payments: Payment) -> None:
        events = [to_wire(event) for payment in payments for event in payment.events]
        entries = [entry_to_wire(entry) for payment in payments for entry in payment.entries]
        await outbox.add(self._connection, [*events, *entries])
