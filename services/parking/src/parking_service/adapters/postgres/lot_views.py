"""The tables that questions are answered from (`parking_service.application.ports.views`)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Select, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from parking_service.adapters.postgres.lot_search import lot_view, one_lot_statement, search_statement
from parking_service.adapters.postgres.spots import spot_state
from parking_service.adapters.postgres.tables import free_spots, lots, spot_occupancy, spots, tariffs
from parking_service.adapters.postgres.tariffs import tariff_state
from parking_service.application.ports import LotFilter, LotView, OccupancyRate, SpotView
from parking_service.domain.errors import NoTariff, UnknownLot, UnknownSpot
from parking_service.domain.spots import SpotStatus, SpotType
from parking_service.domain.tariffs import TariffState

WATCHED = free_spots.c.taken.is_not(None)


class PostgresLotViews:
    """Asked by routes and timers. `engine` may be of a replica, which lags behind what was just written."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def search(self, wanted: LotFilter) -> Sequence[LotView]:
        """Lots that are on sale, or drafts, in the order asked for."""
        return [lot_view(row) for row in await self._fetch(*search_statement(wanted))]

    async def lot(self, lot_id: UUID) -> LotView:
        """One lot, also a retired one. Raises `UnknownLot`."""
        rows = await self._fetch(*one_lot_statement(lot_id))
        if not rows:
            raise UnknownLot(lot_id)
        return lot_view(rows[0])

    async def spots(
        self, lot_id: UUID, spot_type: SpotType | None, after: str | None, limit: int
    ) -> Sequence[SpotView]:
        """A lot's spots by number, after one of them. Raises `UnknownLot`."""
        statement = _spots(spots.c.parking_lot_id == lot_id).order_by(spots.c.number).limit(limit)
        if spot_type:
            statement = statement.where(spots.c.type == spot_type.value)
        if after is not None:
            statement = statement.where(spots.c.number > after)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(statement)).mappings().all()
            if not rows and (await connection.execute(select(lots.c.id).where(lots.c.id == lot_id))).first() is None:
                raise UnknownLot(lot_id)
        return [_spot_view(row) for row in rows]

    async def spot(self, spot_id: UUID) -> SpotView:
        """One spot that is not removed. Raises `UnknownSpot`."""
        async with self._engine.connect() as connection:
            row = (await connection.execute(_spots(spots.c.id == spot_id))).mappings().first()
        if row is None:
            raise UnknownSpot(spot_id)
        return _spot_view(row)

    async def tariff(self, lot_id: UUID) -> TariffState:
        """The tariff in force. Raises `UnknownLot`, and `NoTariff` for a draft."""
        statement = select(tariffs).join_from(lots, tariffs, lots.c.tariff_id == tariffs.c.id, isouter=True)
        async with self._engine.connect() as connection:
            row = (await connection.execute(statement.where(lots.c.id == lot_id))).mappings().first()
        if row is None:
            raise UnknownLot(lot_id)
        if row["id"] is None:
            raise NoTariff(lot_id)
        return tariff_state(row)

    async def occupancy_rate(self) -> OccupancyRate:
        """How full the watched lots are."""
        usable, taken = (func.coalesce(func.sum(column), 0) for column in (free_spots.c.usable, free_spots.c.taken))
        async with self._engine.connect() as connection:
            row = (await connection.execute(select(usable, taken).where(WATCHED))).one()
        return OccupancyRate(int(row[0]), int(row[1]))

    async def _fetch(self, text: str, arguments: Sequence[Any]) -> Sequence[Any]:
        """Straight to the driver: the statement is prepared once, and no transaction is begun for one read."""
        async with self._engine.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            return await driver.fetch(text, *arguments)


def _spots(condition: ColumnElement[bool]) -> Select[Any]:
    return (
        select(spots, spot_occupancy.c.occupied, spot_occupancy.c.observed_at)
        .join_from(spots, spot_occupancy, spot_occupancy.c.spot_id == spots.c.id, isouter=True)
        .where(condition, spots.c.status != SpotStatus.REMOVED.value)
    )


def _spot_view(row: RowMapping) -> SpotView:
    return SpotView(spot_state(row), bool(row["occupied"]), row["observed_at"])
