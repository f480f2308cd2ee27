from services.parking.tests.fakes.postgres.tables import Tables

from parking_service.application.ports import Aggregate


class InMemoryEvents:
    """See `parking_service.application.ports.Events`."""

    def __init__(self, tables: Tables) -> None:
        self._outbox = tables.outbox

    async def publish(self, *aggregates: Aggregate) -> None:
        self._outbox.extend(event for aggregate in aggregates for event in aggregate.events)
