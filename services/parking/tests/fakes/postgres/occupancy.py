from collections.abc import Mapping, Sequence
from uuid import UUID

from services.parking.tests.fakes.postgres.tables import Tables

from parking_kernel.changes import Changes
from parking_service.application.ports import Aggregate
from parking_service.domain.occupancy import LotCount, SpotOccupancy
from parking_service.domain.spots import SpotStatus


class InMemoryOccupancy:
    """See `parking_service.application.ports.Occupancy`. Nobody reads free spots from here, so none are counted."""

    def __init__(self, tables: Tables, changes: Changes[Aggregate]) -> None:
        self._changes = changes
        self._tables = tables

    async def of_spots(self, lot_id: UUID, spot_ids: Sequence[UUID]) -> Mapping[UUID, SpotOccupancy]:
        return {
            state.id: self._changes.loaded(SpotOccupancy(state.id, lot_id, self._tables.seen.get(state.id)))
            for state in self._tables.spots.values()
            if state.id in spot_ids and state.parking_lot_id == lot_id and state.status is not SpotStatus.REMOVED
        }

    async def of_lot(self, lot_id: UUID) -> LotCount:
        return self._changes.loaded(LotCount(lot_id, self._tables.counts.get(lot_id)))

    async def save(self, seen: Sequence[SpotOccupancy]) -> None:
        self._tables.seen.update({spot.state.spot_id: spot.state for spot in seen if spot.state})
        self._changes.saved(*seen)

    async def save_count(self, count: LotCount) -> None:
        if count.state:
            self._tables.counts[count.state.parking_lot_id] = count.state
        self._changes.saved(count)

    async def recount(self, lot_ids: Sequence[UUID]) -> None:
        self._tables.due -= {*lot_ids}

    async def recount_soon(self, lot_ids: Sequence[UUID]) -> None:
        self._tables.due |= {*lot_ids}

    async def due_for_recount(self, limit: int) -> Sequence[UUID]:
        return sorted(self._tables.due)[:limit]
