"""Domain events into the outbox, in the transaction of what happened."""

from collections.abc import Sequence
from itertools import batched

from sqlalchemy.ext.asyncio import AsyncConnection

from auth_service.adapters.kafka.to_wire import to_wire
from auth_service.application.ports import Aggregate
from parking_messaging import PostgresOutbox

_OUTBOX = PostgresOutbox()
_BATCH = 500


async def publish(connection: AsyncConnection, changed: Sequence[Aggregate]) -> None:
    """Write what happened to each aggregate, in this order."""
    events = (to_wire(event) for aggregate in changed for event in aggregate.events)
    # Somebody who loses a role may have signed in thousands of times.
    for batch in batched(events, _BATCH):
        await _OUTBOX.add(connection, batch)
