"""Domain events into the outbox, in the transaction of what they are about."""

from collections.abc import Sequence

from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.ext.asyncio import AsyncConnection

from parking_messaging.adapters.postgres_outbox import PostgresOutbox
from reservation_service.adapters import metrics
from reservation_service.adapters.kafka.to_wire import to_wire
from reservation_service.domain.reservations import Reservation, ReservationEvent
from reservation_service.domain.supply import SupplyChange

_OUTBOX = PostgresOutbox()


async def publish(connection: AsyncConnection, changed: Sequence[Reservation | SupplyChange]) -> None:
    """Write what happened to the aggregates, in one statement. It is counted when it is committed."""
    events = [event for aggregate in changed for event in aggregate.events]
    await _OUTBOX.add(connection, [to_wire(event) for event in events])

    def count(_connection: object) -> None:
        for event in events:
            if isinstance(event, ReservationEvent):
                metrics.OUTCOMES[type(event)].inc()

    sqlalchemy_event.listen(connection.sync_connection, "commit", count, once=True)
