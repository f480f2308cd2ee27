from services.reservation.tests.fakes.postgres.tables import Tables

from reservation_service.domain.reservations import Reservation


class InMemoryEvents:
    """See `reservation_service.application.ports.Events`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def publish(self, *reservations: Reservation) -> None:
        self._tables.outbox += [event for reservation in reservations for event in reservation.events]
