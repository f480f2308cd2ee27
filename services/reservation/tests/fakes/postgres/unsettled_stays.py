from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.reservation.tests.fakes.postgres.tables import Tables

from reservation_service.application.ports import UnsettledStay


class InMemoryUnsettledStays:
    """See `reservation_service.application.ports.UnsettledStays`."""

    def __init__(self, tables: Tables) -> None:
        self._rows = tables.unsettled_stays

    async def note_entry(self, reservation_id: UUID, parking_lot_id: UUID, at: datetime) -> None:
        kept = self._kept(reservation_id, parking_lot_id)
        self._rows[reservation_id] = replace(kept, entered_at=min(at, kept.entered_at or at))

    async def note_exit(self, reservation_id: UUID, parking_lot_id: UUID, at: datetime) -> None:
        kept = self._kept(reservation_id, parking_lot_id)
        self._rows[reservation_id] = replace(kept, exited_at=max(at, kept.exited_at or at))

    async def has(self, reservation_id: UUID) -> bool:
        return reservation_id in self._rows

    async def all(self, limit: int) -> Sequence[UnsettledStay]:
        return list(self._rows.values())[:limit]

    async def close(self, reservation_id: UUID) -> bool:
        return self._rows.pop(reservation_id, None) is not None

    def _kept(self, reservation_id: UUID, parking_lot_id: UUID) -> UnsettledStay:
        return self._rows.get(reservation_id) or UnsettledStay(reservation_id, parking_lot_id, None, None)
