"""The own copies of lots, spots and tariffs in PostgreSQL."""

from collections.abc import Sequence
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from parking_messaging.state_copies import upsert_if_newer
from reservation_service.adapters.postgres.documents import Row, hours_document, hours_of, tariff_document, tariff_of
from reservation_service.adapters.postgres.tables import lots, spots, tariffs
from reservation_service.application.ports import LotCopy, SpotCopy
from reservation_service.domain.errors import UnknownLot, UnknownSpot
from reservation_service.domain.lots import Lot, Spot
from reservation_service.domain.tariffs import Tariff

WITH_TARIFF = select(lots, tariffs.c.document).join_from(lots, tariffs, lots.c.tariff_id == tariffs.c.id)

# A degree of latitude is 111 km; 0.2 degrees are beyond where a driver would walk from. The sphere is exact enough to
# tell which lot is nearer: it is off by half a percent at most.
NEAR = text(
    """
    SELECT there.id, 6371008.8 * 2 * asin(sqrt(
        sin(radians(there.latitude - here.latitude) / 2) ^ 2
        + cos(radians(here.latitude)) * cos(radians(there.latitude))
        * sin(radians(there.longitude - here.longitude) / 2) ^ 2)) AS metres
    FROM lots here JOIN lots there ON there.id <> here.id AND there.is_open AND there.tariff_id IS NOT NULL
        AND there.latitude BETWEEN here.latitude - 0.2 AND here.latitude + 0.2
        AND there.longitude BETWEEN here.longitude - 0.4 AND here.longitude + 0.4
    WHERE here.id = :id ORDER BY metres LIMIT :limit
    """
)


class PostgresLots:
    """See `reservation_service.application.ports.Lots`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, parking_lot_id: UUID) -> Lot:
        """A lot with the tariff in force. Raises `UnknownLot` while it, or its tariff, has not arrived."""
        row = (await self._connection.execute(WITH_TARIFF.where(lots.c.id == parking_lot_id))).mappings().first()
        if row is None:
            raise UnknownLot(parking_lot_id)
        return lot_of(row)

    async def spot(self, parking_lot_id: UUID, spot_id: UUID) -> Spot:
        """A spot in service. Raises `UnknownSpot`."""
        statement = select(spots.c.id, spots.c.number, spots.c.type).where(
            spots.c.id == spot_id, spots.c.parking_lot_id == parking_lot_id, spots.c.in_service
        )
        row = (await self._connection.execute(statement)).first()
        if row is None:
            raise UnknownSpot(spot_id)
        return Spot(*row)

    async def pinned_tariff(self, parking_lot_id: UUID, tariff_id: UUID) -> tuple[Tariff, ZoneInfo]:
        """The tariff version that a booking was made under, and its lot's zone. Raises `UnknownLot`."""
        statement = select(tariffs.c.document, lots.c.time_zone).where(
            tariffs.c.id == tariff_id, lots.c.id == parking_lot_id
        )
        row = (await self._connection.execute(statement)).first()
        if row is None:
            raise UnknownLot(parking_lot_id)
        return tariff_of(tariff_id, row.document), ZoneInfo(row.time_zone)

    async def near(self, parking_lot_id: UUID, limit: int) -> Sequence[tuple[Lot, float]]:
        """Other open lots nearby with their distance in metres, the nearest first."""
        found = (await self._connection.execute(NEAR, {"id": parking_lot_id, "limit": limit})).all()
        return [(await self.get(row.id), row.metres) for row in found]


class PostgresCopies:
    """See `reservation_service.application.ports.Copies`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def keep_lot(self, lot: LotCopy) -> None:
        """Keep a lot."""
        values = {
            "id": lot.id,
            "organization_id": lot.organization_id,
            "name": lot.name,
            "time_zone": lot.time_zone,
            "latitude": lot.latitude,
            "longitude": lot.longitude,
            "is_open": lot.is_open,
            "opening_hours": hours_document(lot.opening_hours) if lot.opening_hours else None,
            "tariff_id": lot.tariff_id,
            "version": lot.version,
        }
        await self._connection.execute(upsert_if_newer(lots, values))

    async def keep_spot(self, spot: SpotCopy) -> None:
        """Keep a spot."""
        values = {
            "id": spot.id,
            "parking_lot_id": spot.parking_lot_id,
            "number": spot.number,
            "type": spot.type,
            "in_service": spot.in_service,
            "version": spot.version,
        }
        await self._connection.execute(upsert_if_newer(spots, values))

    async def keep_tariff(self, tariff: Tariff) -> None:
        """Keep a tariff version."""
        statement = upsert(tariffs).values(id=tariff.id, document=tariff_document(tariff))
        await self._connection.execute(statement.on_conflict_do_nothing())


def lot_of(row: Row) -> Lot:
    """The lot of a row that holds its tariff's document too."""
    return Lot(
        id=row["id"],
        organization_id=row["organization_id"],
        name=row["name"],
        zone=ZoneInfo(row["time_zone"]),
        is_open=row["is_open"],
        opening_hours=hours_of(row["opening_hours"]) if row["opening_hours"] else None,
        tariff=tariff_of(row["tariff_id"], row["document"]),
    )
