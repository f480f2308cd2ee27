"""Lots in PostgreSQL."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Double, RowMapping, func, insert, select, true, update
from sqlalchemy.dialects.postgresql import Range

from parking_chassis.units_of_work import Transaction
from parking_kernel.concurrency import ChangedMeanwhile
from parking_kernel.money import Money
from parking_kernel.opening_hours import OpeningHours, opening_hours_of
from parking_service.adapters.postgres.tables import IN_USE, lots
from parking_service.application.ports import Aggregate
from parking_service.domain.errors import UnknownLot
from parking_service.domain.lots import ImportedFrom, Lot, LotState, LotStatus
from parking_service.domain.spots import SpotType
from parking_service.domain.values import Place, zone

KNOWN_FOR = timedelta(days=30)
EXTENDED_BEFORE = timedelta(days=15)

DERIVED = {"location", "open_periods", "open_periods_until"}
READ = [column for column in lots.c if column.name not in DERIVED]


class PostgresLots:
    """See `parking_service.application.ports.Lots`. `now` says from when on the open periods are worked out."""

    def __init__(self, transaction: Transaction[Aggregate], now: Callable[[], datetime]) -> None:
        self._connection = transaction.connection
        self._changes = transaction.changes
        self._now = now

    async def get(self, lot_id: UUID) -> Lot:
        """One lot, locked until the transaction ends. Raises `UnknownLot`."""
        found = await self._locked(lots.c.id == lot_id)
        if not found:
            raise UnknownLot(lot_id)
        return found[0]

    async def by_source(self, organization_id: UUID, source: str, source_ids: Sequence[str]) -> Mapping[str, Lot]:
        """An organization's lots that were imported from a source, by their ids; locked until the transaction ends."""
        of_source = (lots.c.organization_id == organization_id) & (lots.c.source == source)
        return {
            lot.state.imported_from.source_id: lot
            for lot in await self._locked(of_source & lots.c.source_id.in_(source_ids))
            if lot.state.imported_from
        }

    async def distances_to_others(self, lot_ids: Sequence[UUID]) -> Mapping[UUID, float]:
        """The metres from stored lots to the nearest other lot of their organization in use, where there is one."""
        others = lots.alias()
        distance = func.ST_Distance(lots.c.location, others.c.location, type_=Double)
        another = (others.c.organization_id == lots.c.organization_id) & (others.c.id != lots.c.id)
        nearest = (
            select(distance.label("metres"))
            .where(another, others.c.status != LotStatus.RETIRED.value)
            .order_by(distance)
            .limit(1)
            .lateral()
        )
        statement = select(lots.c.id, nearest.c.metres).join(nearest, true()).where(lots.c.id.in_(lot_ids))
        return {row.id: row.metres for row in await self._connection.execute(statement)}

    async def add(self, new_lots: Sequence[Lot]) -> None:
        """Store new lots."""
        if new_lots:
            await self._connection.execute(insert(lots), [self._row(lot.state) for lot in new_lots])
        self._changes.saved(*new_lots)

    async def save(self, lot: Lot) -> None:
        """Store a changed lot. Raises `ChangedMeanwhile`."""
        mine = (lots.c.id == lot.state.id) & (lots.c.version == lot.loaded_version)
        statement = update(lots).where(mine).values(self._row(lot.state))
        if (await self._connection.execute(statement)).rowcount != 1:
            raise ChangedMeanwhile("parking lot")
        self._changes.saved(lot)

    async def open_periods_run_out(self, after: UUID | None, limit: int) -> Sequence[UUID]:
        """The first lots behind an id of which it is soon known no more when they are open, in the order of ids."""
        statement = select(lots.c.id).where(self._run_out()).order_by(lots.c.id).limit(limit)
        if after:
            statement = statement.where(lots.c.id > after)
        return list(await self._connection.scalars(statement))

    async def extend_open_periods(self, lot_id: UUID) -> bool:
        """Work out again when a lot is open; not where that is known for long, or someone else changes the lot."""
        mine = lots.c.id == lot_id
        statement = select(lots.c.opening_hours, lots.c.time_zone).where(mine, self._run_out())
        row = (await self._connection.execute(statement.with_for_update(skip_locked=True))).first()
        if row is None:
            return False
        periods = self._periods(_hours(row.opening_hours), row.time_zone)
        await self._connection.execute(update(lots).where(mine).values(periods))
        return True

    def _run_out(self) -> ColumnElement[bool]:
        return IN_USE & (lots.c.open_periods_until < self._now() + EXTENDED_BEFORE)

    async def _locked(self, condition: ColumnElement[bool]) -> list[Lot]:
        # In the order of their ids, so that two transactions which lock several never wait for each other.
        statement = select(*READ).where(condition).order_by(lots.c.id).with_for_update()
        found = (await self._connection.execute(statement)).mappings()
        return [self._changes.loaded(Lot(_state(row))) for row in found]

    def _row(self, state: LotState) -> dict[str, Any]:
        return {
            "id": state.id,
            "organization_id": state.organization_id,
            "name": state.name,
            "description": state.description,
            "address": state.address,
            "latitude": state.place.latitude,
            "longitude": state.place.longitude,
            "time_zone": state.time_zone,
            "amenities": list(state.amenities),
            "opening_hours": state.opening_hours.plain() if state.opening_hours else None,
            **self._periods(state.opening_hours, state.time_zone),
            "tariff_id": state.tariff_id,
            "currency": state.currency,
            "hourly_amount": state.hourly_rate.amount if state.hourly_rate else None,
            "daily_amount": state.daily_rate.amount if state.daily_rate else None,
            "status": state.status.value,
            "capacity": {spot_type.value: count for spot_type, count in state.capacity.items()},
            "total_spots": state.total_spots,
            "spot_types": [spot_type.value for spot_type in state.spot_types],
            "source": state.imported_from.source if state.imported_from else None,
            "source_id": state.imported_from.source_id if state.imported_from else None,
            "source_digest": state.imported_from.digest if state.imported_from else None,
            "created_at": state.created_at,
            "version": state.version,
        }

    def _periods(self, hours: OpeningHours | None, time_zone: str) -> dict[str, Any]:
        """When the lot is open in the next weeks: what the search asks, so that only the domain knows the rules."""
        if hours is None:
            return {"open_periods": None, "open_periods_until": None}
        since = self._now()
        until = since + KNOWN_FOR
        periods = hours.periods(since, until, zone(time_zone))
        return {"open_periods": [Range(*period) for period in periods], "open_periods_until": until}


def _hours(plain: Mapping[str, Any] | None) -> OpeningHours | None:
    return opening_hours_of(plain) if plain is not None else None


def _state(row: RowMapping) -> LotState:
    hourly, daily, source_id = row["hourly_amount"], row["daily_amount"], row["source_id"]
    return LotState(
        id=row["id"],
        organization_id=row["organization_id"],
        name=row["name"],
        description=row["description"],
        address=row["address"],
        place=Place(row["latitude"], row["longitude"]),
        time_zone=row["time_zone"],
        amenities=tuple(row["amenities"]),
        opening_hours=_hours(row["opening_hours"]),
        tariff_id=row["tariff_id"],
        currency=row["currency"],
        hourly_rate=Money(hourly, row["currency"]) if hourly is not None else None,
        daily_rate=Money(daily, row["currency"]) if daily is not None else None,
        created_at=row["created_at"],
        status=LotStatus(row["status"]),
        capacity={SpotType(name): count for name, count in row["capacity"].items()},
        imported_from=ImportedFrom(source_id, row["source_digest"], row["source"]) if source_id is not None else None,
        version=row["version"],
    )
