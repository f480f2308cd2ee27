"""Domain events into the outbox, in the transaction of what they tell of."""

from sqlalchemy.ext.asyncio import AsyncConnection

from auth_service.adapters.kafka.to_wire import to_wire
from auth_service.domain.logins import Login
from auth_service.domain.organizations import Organization
from auth_service.domain.users import User
from parking_messaging import PostgresOutbox

outbox = PostgresOutbox()


class OutboxEvents:
    """See `auth_service.application.ports.Events`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def publish(self, *aggregates: User | Login | Organization) -> None:
        """Have everything that happened to the aggregates told to the other services."""
        events = [to_wire(event) for aggregate in aggregates for event in aggregate.events]
        if events:
            await outbox.add(self._connection, events)
