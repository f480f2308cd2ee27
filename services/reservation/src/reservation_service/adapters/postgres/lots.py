"""The own copies of lots, spots and tariffs in PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Select,
    Uuid,
    bindparam,
    case,
    exists,
    func,
    literal,
    literal_column,
    null,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from parking_kernel.opening_hours import opening_hours_of
from parking_kernel.tariffs import Tariff, tariff_of
from parking_messaging.state_copies import upsert_if_newer
from reservation_service.adapters.postgres import tables
from reservation_service.adapters.postgres.rows import Row, closures_document, closures_of
from reservation_service.adapters.postgres.tables import lots, tariffs
from reservation_service.application.ports import LotCopy, SpotCopy
from reservation_service.domain.errors import UnknownLot
from reservation_service.domain.lots import Lot, TariffVersion
from reservation_service.domain.reservations import ReservationState
from reservation_service.domain.supply import Supply

WITH_TARIFF = select(lots, tariffs.c.document).join_from(lots, tariffs, lots.c.tariff_id == tariffs.c.id, isouter=True)

LOCKED_TARIFFS = 4_190_023  # with two numbers, so that it is no lock of an idempotency key
TARIFF_LOCK = text(f"SELECT pg_advisory_xact_lock({LOCKED_TARIFFS}, hashtext(:tariff_id))")

_SPOT = ("id", "parking_lot_id", "number", "type", "in_service", "version")

EARTH_METRES = 6_371_008.8
NEAR_DEGREES = 0.2  # of latitude 22 km, beyond where a driver would walk from; of longitude twice as many


def _near(limit: int) -> Select[Any]:
    """The nearest lots, by the sphere (haversine): off by half a percent at most, which is near enough."""
    here, there = lots.alias("here"), lots
    half = func.sin(func.radians(there.c.latitude - here.c.latitude) / 2)
    half_across = func.sin(func.radians(there.c.longitude - here.c.longitude) / 2)
    shrunk = func.cos(func.radians(here.c.latitude)) * func.cos(func.radians(there.c.latitude))
    metres = 2 * EARTH_METRES * func.asin(func.sqrt(half * half + shrunk * half_across * half_across))
    return (
        select(there, tariffs.c.document, metres.label("metres"))
        .join_from(there, tariffs, there.c.tariff_id == tariffs.c.id)
        .join(here, here.c.id == bindparam("id"))
        .where(
            there.c.id != here.c.id,
            there.c.is_open,
            there.c.latitude.between(here.c.latitude - NEAR_DEGREES, here.c.latitude + NEAR_DEGREES),
            there.c.longitude.between(here.c.longitude - 2 * NEAR_DEGREES, here.c.longitude + 2 * NEAR_DEGREES),
        )
        .order_by(metres)
        .limit(limit)
    )


class PostgresLots:
    """See `reservation_service.application.ports.Lots`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, parking_lot_id: UUID) -> Lot:
        """A lot with the tariff in force. Raises `UnknownLot`."""
        row = (await self._connection.execute(WITH_TARIFF.where(lots.c.id == parking_lot_id))).mappings().first()
        if row is None:
            raise UnknownLot(parking_lot_id)
        return lot_of(row)

    async def pinned_tariff(self, parking_lot_id: UUID, tariff_id: UUID) -> tuple[Tariff, ZoneInfo]:
        """The tariff version that a booking was made under, and its lot's zone. Raises `UnknownLot`."""
        statement = (
            select(tariffs.c.document, lots.c.time_zone)
            .join_from(lots, tariffs, tariffs.c.id == tariff_id)
            .where(lots.c.id == parking_lot_id)
        )
        row = (await self._connection.execute(statement)).first()
        if row is None:
            raise UnknownLot(parking_lot_id)
        return tariff_of(row.document), ZoneInfo(row.time_zone)

    async def near(self, parking_lot_id: UUID, limit: int) -> Sequence[tuple[Lot, float]]:
        """Other open lots nearby that have prices, with their distance in metres, the nearest first."""
        rows = (await self._connection.execute(_near(limit), {"id": parking_lot_id})).mappings()
        return [(lot_of(row), row["metres"]) for row in rows]

    async def supply_of(self, reservations: Collection[ReservationState]) -> Mapping[UUID, Supply]:
        """What each reservation stands on now, by its id."""
        if not reservations:
            return {}
        of_lots = WITH_TARIFF.where(lots.c.id.in_({each.parking_lot_id for each in reservations}))
        known = {row["id"]: (lot_of(row), row["supply_change_id"]) for row in await self._rows(of_lots)}
        spots = tables.spots
        of_spots = select(spots.c.id, spots.c.in_service, spots.c.type, spots.c.supply_change_id).where(
            spots.c.id.in_({each.spot.id for each in reservations})
        )
        there = {row["id"]: row for row in await self._rows(of_spots)}
        found: dict[UUID, Supply] = {}
        for each in reservations:
            (lot, lot_change), spot = known[each.parking_lot_id], there[each.spot.id]
            found[each.id] = Supply(lot, spot["in_service"], spot["type"], lot_change, spot["supply_change_id"])
        return found

    async def _rows(self, statement: Select[Any]) -> Sequence[RowMapping]:
        return (await self._connection.execute(statement)).mappings().all()


class PostgresCopies:
    """See `reservation_service.application.ports.Copies`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lot(self, parking_lot_id: UUID) -> LotCopy | None:
        """The lot as it is stored; nothing before its first event. Not locked: a tariff's lock comes before a lot's."""
        statement = select(lots).where(lots.c.id == parking_lot_id)
        row = (await self._connection.execute(statement)).mappings().first()
        return _lot_copy(row) if row else None

    async def spots(self, spot_ids: Collection[UUID]) -> Mapping[UUID, SpotCopy]:
        """Those of these spots that are stored, locked until the transaction ends."""
        spots = tables.spots
        statement = select(spots).where(spots.c.id.in_(spot_ids)).order_by(spots.c.id).with_for_update()
        rows = (await self._connection.execute(statement)).mappings()
        return {row["id"]: SpotCopy(**{name: row[name] for name in _SPOT}) for row in rows}

    async def note_lot_change(self, parking_lot_id: UUID, change_id: UUID) -> None:
        """Store by which change the lot lost something: its bookings are to be looked at."""
        by = {"supply_change_id": change_id}
        await self._connection.execute(update(lots).where(lots.c.id == parking_lot_id).values(by))

    async def note_spot_change(self, spot_ids: Collection[UUID], change_id: UUID) -> None:
        """Store by which change the spots went."""
        gone = tables.spots.c.id.in_(spot_ids)
        await self._connection.execute(update(tables.spots).where(gone).values(supply_change_id=change_id))

    async def keep_lot(self, lot: LotCopy) -> None:
        """Keep a lot. The tariff in force stays until the one that the event names is here."""
        values = {
            "id": lot.id,
            "organization_id": lot.organization_id,
            "name": lot.name,
            "time_zone": lot.time_zone,
            "latitude": lot.latitude,
            "longitude": lot.longitude,
            "is_open": lot.is_open,
            "opening_hours": lot.opening_hours.plain() if lot.opening_hours else None,
            "closures": closures_document(lot.closures),
            "tariff_id": lot.tariff_id,
            "version": lot.version,
            "is_retired": lot.is_retired,
        }
        if lot.tariff_id:
            await self._one_at_a_time(lot.tariff_id)
        await self._connection.execute(_upsert_lot(values))

    async def keep_spots(self, spots: Sequence[SpotCopy]) -> None:
        """Keep spots, in one round trip."""
        rows = [
            {
                "id": spot.id,
                "parking_lot_id": spot.parking_lot_id,
                "number": spot.number,
                "type": spot.type,
                "in_service": spot.in_service,
                "version": spot.version,
            }
            for spot in spots
        ]
        if rows:
            await self._connection.execute(upsert_if_newer(tables.spots, rows[0]), rows)

    async def keep_tariff(self, version: TariffVersion) -> None:
        """Keep a tariff version. The lots that wait for it are priced by it from now on."""
        await self._one_at_a_time(version.id)
        statement = upsert(tariffs).values(id=version.id, document=version.tariff.plain())
        await self._connection.execute(statement.on_conflict_do_nothing())
        await self._connection.execute(
            update(lots)
            .where(lots.c.announced_tariff_id == version.id)
            .values(tariff_id=version.id, announced_tariff_id=None)
        )

    async def _one_at_a_time(self, tariff_id: UUID) -> None:
        """Of a tariff's event and those of its lots, each sees what the other wrote; the topics do not order them."""
        await self._connection.execute(TARIFF_LOCK, {"tariff_id": str(tariff_id)})


def _upsert_lot(values: Mapping[str, Any]) -> Insert:
    statement = upsert(lots).values(**values, announced_tariff_id=None)
    published = statement.excluded
    # Where neither is here, the newer one is the better one to wait for.
    waits = ~_is_here(literal(values["tariff_id"], Uuid)) & _is_here(literal_column("lots.tariff_id", Uuid))
    waits &= published.tariff_id.is_not(None)
    return statement.on_conflict_do_update(
        index_elements=[lots.c.id],
        set_={
            **{name: published[name] for name in values if name != "id"},
            "tariff_id": case((waits, lots.c.tariff_id), else_=published.tariff_id),
            "announced_tariff_id": case((waits, published.tariff_id), else_=null()),
        },
        where=lots.c.version < published.version,
    )


def _is_here(tariff_id: ColumnElement[UUID]) -> ColumnElement[bool]:
    return exists().where(tariffs.c.id == tariff_id)


def _lot_copy(row: RowMapping) -> LotCopy:
    return LotCopy(
        id=row["id"],
        organization_id=row["organization_id"],
        name=row["name"],
        time_zone=row["time_zone"],
        latitude=row["latitude"],
        longitude=row["longitude"],
        is_open=row["is_open"],
        opening_hours=opening_hours_of(row["opening_hours"]) if row["opening_hours"] else None,
        closures=closures_of(row["closures"]),
        tariff_id=row["announced_tariff_id"] or row["tariff_id"],
        version=row["version"],
        is_retired=row["is_retired"],
    )


def lot_of(row: Row) -> Lot:
    """The lot of a row that holds its tariff's document too, if that has arrived."""
    return Lot(
        id=row["id"],
        organization_id=row["organization_id"],
        name=row["name"],
        zone=ZoneInfo(row["time_zone"]),
        is_open=row["is_open"],
        opening_hours=opening_hours_of(row["opening_hours"]) if row["opening_hours"] else None,
        closures=closures_of(row["closures"]),
        tariff=TariffVersion(row["tariff_id"], tariff_of(row["document"])) if row["document"] else None,
        is_retired=row["is_retired"],
        version=row["version"],
    )
