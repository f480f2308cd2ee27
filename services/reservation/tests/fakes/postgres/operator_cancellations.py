from uuid import UUID

from services.reservation.tests.fakes.postgres.tables import Tables

from reservation_service.domain.cancellation import OperatorCancellation


class InMemoryOperatorCancellations:
    """See `reservation_service.application.ports.OperatorCancellations`."""

    def __init__(self, tables: Tables) -> None:
        self._rows = tables.operator_cancellations

    async def add(self, cancellation: OperatorCancellation) -> None:
        self._rows[cancellation.reservation_id] = cancellation

    async def of(self, reservation_id: UUID) -> OperatorCancellation | None:
        return self._rows.get(reservation_id)
