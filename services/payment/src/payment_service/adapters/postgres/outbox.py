"""What happened to payments, into the outbox, in the transaction in which it happened."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from parking_messaging.adapters.postgres_outbox import PostgresOutbox
from parking_messaging.tracing import current_trace, resumed
from payment_service.adapters.kafka.to_wire import entry_to_wire, to_wire
from payment_service.adapters.postgres.tables import payments as table
from payment_service.domain.payments import Payment

outbox = PostgresOutbox()


async def publish(connection: AsyncConnection, changed: Sequence[Payment]) -> None:
    """Write everything that happened to the payments, and what they booked.

    What happens in nobody's trace, such as a message of the provider or a timer's round, belongs to that of the request
    which began the payment.
    """
    if current_trace():
        await _add(connection, changed)
        return
    for payment in changed:
        trace = select(table.c.trace).where(table.c.id == payment.state.id)
        with resumed((await connection.execute(trace)).scalar_one(), "payment changed"):
            await _add(connection, [payment])


async def _add(connection: AsyncConnection, payments: Sequence[Payment]) -> None:
    wired = [[*map(to_wire, payment.events), *map(entry_to_wire, payment.entries)] for payment in payments]
    await outbox.add(connection, [event for each in wired for event in each])
