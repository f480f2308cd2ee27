from services.notification.tests.fakes.postgres.tables import Tables

from notification_service.domain.deliveries import Delivery


class InMemoryEvents:
    """See `notification_service.application.ports.Events`."""

    def __init__(self, tables: Tables) -> None:
        self._outbox = tables.outbox

    async def publish(self, *deliveries: Delivery) -> None:
        self._outbox += [event for delivery in deliveries for event in delivery.events]
