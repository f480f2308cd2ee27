from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from analytics_service.application.ports import Lot, LotCopy
from analytics_service.domain.occupancy import LotSize


class FakeLots:
    def __init__(self, rows: dict[UUID, LotCopy], sizes: dict[UUID, tuple[LotSize, ...]]) -> None:
        self._rows = rows
        self._sizes = sizes

    async def get(self, parking_lot_id: UUID) -> Lot | None:
        row = self._rows.get(parking_lot_id)
        return _lot(row) if row else None

    async def of_organization(self, organization_id: UUID) -> Sequence[Lot]:
        return [_lot(row) for row in self._rows.values() if row.organization_id == organization_id]

    async def sizes(self, parking_lot_id: UUID) -> Sequence[LotSize]:
        return self._sizes.get(parking_lot_id, ())

    async def keep(self, lot: LotCopy, since: datetime) -> None:
        kept = self._rows.get(lot.id)
        if kept is None or kept.version < lot.version:
            self._rows[lot.id] = lot
            if kept is None or kept.spots != lot.spots:
                self._sizes[lot.id] = (*self._sizes.get(lot.id, ()), LotSize(since, lot.spots))


def _lot(row: LotCopy) -> Lot:
    return Lot(row.id, row.organization_id, ZoneInfo(row.time_zone), row.currency, row.spots)
