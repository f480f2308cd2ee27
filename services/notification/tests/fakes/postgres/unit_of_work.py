"""Units of work on the tables in memory."""

from collections.abc import Sequence

from services.notification.tests.fakes.postgres.copies import InMemoryCopies
from services.notification.tests.fakes.postgres.deliveries import InMemoryDeliveries
from services.notification.tests.fakes.postgres.notifications import InMemoryNotifications
from services.notification.tests.fakes.postgres.rooms import InMemoryRoomEvents
from services.notification.tests.fakes.postgres.tables import Tables
from services.notification.tests.fakes.postgres.tickets import InMemoryTickets

from notification_service.application.ports import OpenWork, Work
from notification_service.domain.deliveries import Delivery
from parking_chassis.fakes.units_of_work import in_memory_units_of_work
from parking_kernel.askers import Asker
from parking_kernel.changes import Changes


def in_memory_work(tables: Tables) -> OpenWork:
    return in_memory_units_of_work(tables, _work, _publish)


def _work(draft: Tables, _asker: Asker, changes: Changes[Delivery]) -> Work:
    return Work(
        copies=InMemoryCopies(draft),
        notifications=InMemoryNotifications(draft),
        deliveries=InMemoryDeliveries(draft, changes),
        room_events=InMemoryRoomEvents(draft),
        tickets=InMemoryTickets(draft),
    )


def _publish(draft: Tables, changed: Sequence[Delivery]) -> None:
    draft.outbox += [event for delivery in changed for event in delivery.events]
