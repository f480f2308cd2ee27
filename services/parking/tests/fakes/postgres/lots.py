from collections.abc import Mapping, Sequence
from uuid import UUID

from services.parking.tests.fakes.postgres.tables import Tables

from parking_kernel.changes import Changes
from parking_kernel.concurrency import ChangedMeanwhile
from parking_service.application.ports import Aggregate
from parking_service.domain.errors import UnknownLot
from parking_service.domain.lots import Lot, LotStatus
from parking_service.domain.values import metres_between


class InMemoryLots:
    """See `parking_service.application.ports.Lots`."""

    def __init__(self, tables: Tables, changes: Changes[Aggregate]) -> None:
        self._changes = changes
        self._lots = tables.lots

    async def get(self, lot_id: UUID) -> Lot:
        if lot_id not in self._lots:
            raise UnknownLot(lot_id)
        return self._changes.loaded(Lot(self._lots[lot_id]))

    async def by_source(self, organization_id: UUID, source: str, source_ids: Sequence[str]) -> Mapping[str, Lot]:
        return {
            state.imported_from.source_id: self._changes.loaded(Lot(state))
            for state in self._lots.values()
            if state.organization_id == organization_id
            and state.imported_from
            and state.imported_from.source == source
            and state.imported_from.source_id in source_ids
        }

    async def distances_to_others(self, lot_ids: Sequence[UUID]) -> Mapping[UUID, float]:
        found = dict[UUID, float]()
        for lot in map(self._lots.__getitem__, lot_ids):
            others = [
                each.place
                for each in self._lots.values()
                if each.organization_id == lot.organization_id
                and each.id != lot.id
                and each.status is not LotStatus.RETIRED
            ]
            if others:
                found[lot.id] = min(metres_between(lot.place, other) for other in others)
        return found

    async def add(self, new_lots: Sequence[Lot]) -> None:
        self._lots.update({lot.state.id: lot.state for lot in new_lots})
        self._changes.saved(*new_lots)

    async def save(self, lot: Lot) -> None:
        if self._lots[lot.state.id].version != lot.loaded_version:
            raise ChangedMeanwhile("parking lot")
        self._lots[lot.state.id] = lot.state
        self._changes.saved(lot)

    async def open_periods_run_out(self, after: UUID | None, limit: int) -> Sequence[UUID]:
        return []

    async def extend_open_periods(self, lot_id: UUID) -> bool:
        return False
