from collections.abc import Sequence
from uuid import UUID

from services.parking.tests.fakes.postgres.tables import Tables

from parking_kernel.changes import Changes
from parking_service.application.ports import Aggregate
from parking_service.domain.errors import UnknownOrganization
from parking_service.domain.tariffs import TariffState, TariffVersion


class InMemoryTariffs:
    """See `parking_service.application.ports.Tariffs`."""

    def __init__(self, tables: Tables, changes: Changes[Aggregate]) -> None:
        self._changes = changes
        self._tariffs = tables.tariffs

    async def add(self, new_tariffs: Sequence[TariffVersion]) -> None:
        self._tariffs.update({tariff.state.id: tariff.state for tariff in new_tariffs})
        self._changes.saved(*new_tariffs)

    async def get(self, tariff_id: UUID) -> TariffState:
        return self._tariffs[tariff_id]

    async def default_of(self, organization_id: UUID) -> TariffState:
        defaults = [
            state
            for state in self._tariffs.values()
            if state.organization_id == organization_id and state.parking_lot_id is None
        ]
        if not defaults:
            raise UnknownOrganization(organization_id)
        return max(defaults, key=lambda state: state.number)
