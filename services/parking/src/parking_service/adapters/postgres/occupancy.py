"""What was last seen, in PostgreSQL."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Table, select
from sqlalchemy.dialects.postgresql import Insert, insert

from parking_chassis.units_of_work import Transaction
from parking_service.adapters.postgres import free_spots
from parking_service.adapters.postgres.tables import lot_counts, spot_occupancy, spots
from parking_service.application.ports import Aggregate
from parking_service.domain.occupancy import LotCount, LotCountState, SpotOccupancy, SpotOccupancyState
from parking_service.domain.spots import SpotStatus


class PostgresOccupancy:
    """See `parking_service.application.ports.Occupancy`."""

    def __init__(self, transaction: Transaction[Aggregate]) -> None:
        self._connection = transaction.connection
        self._changes = transaction.changes

    async def of_spots(self, lot_id: UUID, spot_ids: Sequence[UUID]) -> Mapping[UUID, SpotOccupancy]:
        """What is known of those of the spots that are in the lot and not removed."""
        statement = (
            select(spots.c.id, spot_occupancy)
            .join_from(spots, spot_occupancy, spots.c.id == spot_occupancy.c.spot_id, isouter=True)
            .where(
                spots.c.id.in_(spot_ids),
                spots.c.parking_lot_id == lot_id,
                spots.c.status != SpotStatus.REMOVED.value,
            )
        )
        found: dict[UUID, SpotOccupancy] = {}
        for spot_id, *seen in await self._connection.execute(statement):
            state = SpotOccupancyState(*seen) if seen[0] is not None else None
            found[spot_id] = self._changes.loaded(SpotOccupancy(spot_id, lot_id, state))
        return found

    async def of_lot(self, lot_id: UUID) -> LotCount:
        """What was last counted."""
        statement = select(lot_counts).where(lot_counts.c.parking_lot_id == lot_id)
        row = (await self._connection.execute(statement)).first()
        return self._changes.loaded(LotCount(lot_id, LotCountState(*row) if row else None))

    async def save(self, seen: Sequence[SpotOccupancy]) -> None:
        """Store new sightings."""
        rows = [_row(spot.state, spot_occupancy) for spot in seen if spot.state]
        if rows:
            await self._connection.execute(_upsert(spot_occupancy, "spot_id"), rows)
        self._changes.saved(*seen)

    async def save_count(self, count: LotCount) -> None:
        """Store a new count."""
        await self._connection.execute(_upsert(lot_counts, "parking_lot_id"), [_row(count.state, lot_counts)])
        self._changes.saved(count)

    async def recount(self, lot_ids: Sequence[UUID]) -> None:
        """Work out again what is available in the lots now."""
        await free_spots.recount(self._connection, lot_ids)

    async def recount_soon(self, lot_ids: Sequence[UUID]) -> None:
        """Have what is available in the lots worked out again after this transaction."""
        await free_spots.recount_soon(self._connection, lot_ids)

    async def due_for_recount(self, limit: int) -> Sequence[UUID]:
        """The first lots of which what is available has to be worked out again, locked."""
        return await free_spots.due_for_recount(self._connection, limit)


def _upsert(table: Table, key: str) -> Insert:
    statement = insert(table)
    changed = {column.name: statement.excluded[column.name] for column in table.c if column.name != key}
    return statement.on_conflict_do_update(index_elements=[key], set_=changed)


def _row(state: SpotOccupancyState | LotCountState | None, table: Table) -> dict[str, Any]:
    return {column.name: getattr(state, column.name) for column in table.c}
