from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from math import hypot
from uuid import UUID
from zoneinfo import ZoneInfo

from services.reservation.tests.fakes.postgres.tables import Tables

from parking_kernel.tariffs import Tariff
from reservation_service.application.ports import LotCopy, SpotCopy
from reservation_service.domain.errors import UnknownLot
from reservation_service.domain.lots import Lot, TariffVersion
from reservation_service.domain.reservations import ReservationState
from reservation_service.domain.supply import Supply

METRES_A_DEGREE = 111_195


class InMemoryLots:
    """See `reservation_service.application.ports.Lots`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def get(self, parking_lot_id: UUID) -> Lot:
        if parking_lot_id not in self._tables.lots:
            raise UnknownLot(parking_lot_id)
        copy = self._tables.lots[parking_lot_id]
        return Lot(
            copy.id,
            copy.organization_id,
            copy.name,
            ZoneInfo(copy.time_zone),
            copy.is_open,
            copy.opening_hours,
            copy.closures,
            self._tables.tariffs.get(copy.tariff_id) if copy.tariff_id else None,
            copy.is_retired,
            copy.version,
        )

    async def pinned_tariff(self, parking_lot_id: UUID, tariff_id: UUID) -> tuple[Tariff, ZoneInfo]:
        lot = await self.get(parking_lot_id)
        if tariff_id not in self._tables.tariffs:
            raise UnknownLot(parking_lot_id)
        return self._tables.tariffs[tariff_id].tariff, lot.zone

    async def near(self, parking_lot_id: UUID, limit: int) -> Sequence[tuple[Lot, float]]:
        """On a plane, as if at the equator."""
        here = self._tables.lots[parking_lot_id]
        there = [
            (METRES_A_DEGREE * hypot(each.latitude - here.latitude, each.longitude - here.longitude), each.id)
            for each in self._tables.lots.values()
            if each.id != here.id and each.is_open and each.tariff_id in self._tables.tariffs
        ]
        return [(await self.get(lot_id), metres) for metres, lot_id in sorted(there)[:limit]]

    async def supply_of(self, reservations: Collection[ReservationState]) -> Mapping[UUID, Supply]:
        taken_by = self._tables.taken_by
        found: dict[UUID, Supply] = {}
        for each in reservations:
            lot, spot = await self.get(each.parking_lot_id), self._tables.spots[each.spot.id]
            found[each.id] = Supply(lot, spot.in_service, spot.type, taken_by.get(lot.id), taken_by.get(spot.id))
        return found


class InMemoryCopies:
    """See `reservation_service.application.ports.Copies`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def lot(self, parking_lot_id: UUID) -> LotCopy | None:
        copy = self._tables.lots.get(parking_lot_id)
        announced = self._tables.announced.get(parking_lot_id)
        return replace(copy, tariff_id=announced) if copy and announced else copy

    async def spots(self, spot_ids: Collection[UUID]) -> Mapping[UUID, SpotCopy]:
        return {each: self._tables.spots[each] for each in spot_ids if each in self._tables.spots}

    async def note_lot_change(self, parking_lot_id: UUID, change_id: UUID) -> None:
        self._tables.taken_by[parking_lot_id] = change_id

    async def note_spot_change(self, spot_ids: Collection[UUID], change_id: UUID) -> None:
        self._tables.taken_by.update(dict.fromkeys(spot_ids, change_id))

    async def keep_lot(self, lot: LotCopy) -> None:
        kept = self._tables.lots.get(lot.id)
        if kept and kept.version >= lot.version:
            return
        self._tables.announced.pop(lot.id, None)
        here = self._tables.tariffs
        if kept and kept.tariff_id in here and lot.tariff_id and lot.tariff_id not in here:
            self._tables.announced[lot.id] = lot.tariff_id
            lot = replace(lot, tariff_id=kept.tariff_id)
        self._tables.lots[lot.id] = lot

    async def keep_spots(self, spots: Sequence[SpotCopy]) -> None:
        for spot in spots:
            kept = self._tables.spots.get(spot.id)
            if kept is None or kept.version < spot.version:
                self._tables.spots[spot.id] = spot

    async def keep_tariff(self, version: TariffVersion) -> None:
        self._tables.tariffs.setdefault(version.id, version)
        for lot_id in [each for each, announced in self._tables.announced.items() if announced == version.id]:
            del self._tables.announced[lot_id]
            self._tables.lots[lot_id] = replace(self._tables.lots[lot_id], tariff_id=version.id)
