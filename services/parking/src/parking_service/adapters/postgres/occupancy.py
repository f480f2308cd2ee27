"""What was last seen, in PostgreSQL."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Table, select, text
from sqlalchemy.dialects.postgresql import Insert, insert

from parking_chassis.units_of_work import Transaction
from parking_service.adapters.postgres.tables import lot_counts, spot_occupancy, spots
from parking_service.application.ports import Aggregate
from parking_service.domain.occupancy import LotCount, LotCountState, SpotOccupancy, SpotOccupancyState
from parking_service.domain.spots import SpotStatus

# A counter knows better than sensors that watch a part of the spots; where all are watched, the newer reading counts.
# A lot without numbered spots has as many as its counter says.
RECOUNT = text("""
    INSERT INTO free_spots (parking_lot_id, usable, free, coverage, observed_at, changed_at)
    SELECT lot.id,
           CASE WHEN seen.usable = 0 AND counted.by_counter THEN c.capacity ELSE seen.usable END,
           CASE WHEN NOT counted.by_counter THEN seen.usable - seen.taken
                WHEN seen.usable = 0 THEN c.capacity - c.occupied
                ELSE least(c.capacity - c.occupied, seen.usable) END,
           CASE WHEN counted.by_counter THEN 1 ELSE seen.watched::float / greatest(seen.usable, 1) END,
           CASE WHEN counted.by_counter THEN c.observed_at ELSE seen.observed_at END,
           CASE WHEN counted.by_counter THEN c.changed_at ELSE seen.changed_at END
    FROM unnest(CAST(:lot_ids AS uuid[])) AS lot (id)
    CROSS JOIN LATERAL (
        SELECT count(*)::int AS usable, count(o.spot_id)::int AS watched,
               count(*) FILTER (WHERE o.occupied)::int AS taken,
               max(o.observed_at) AS observed_at, max(o.changed_at) AS changed_at
        FROM spots p LEFT JOIN spot_occupancy o ON o.spot_id = p.id
        WHERE p.parking_lot_id = lot.id AND p.status = 'in_service'
    ) seen
    LEFT JOIN lot_counts c ON c.parking_lot_id = lot.id
    CROSS JOIN LATERAL (
        SELECT c.observed_at IS NOT NULL AND (seen.watched < seen.usable OR seen.observed_at IS NULL
                                              OR c.observed_at >= seen.observed_at) AS by_counter
    ) counted
    ON CONFLICT (parking_lot_id) DO UPDATE
    SET usable = excluded.usable, free = excluded.free, coverage = excluded.coverage,
        observed_at = excluded.observed_at, changed_at = excluded.changed_at
""")


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
        """Work out again how many spots of the lots are in service, watched and taken."""
        if lot_ids:
            await self._connection.execute(RECOUNT, {"lot_ids": list(lot_ids)})


def _upsert(table: Table, key: str) -> Insert:
    statement = insert(table)
    changed = {column.name: statement.excluded[column.name] for column in table.c if column.name != key}
    return statement.on_conflict_do_update(index_elements=[key], set_=changed)


def _row(state: SpotOccupancyState | LotCountState | None, table: Table) -> dict[str, Any]:
    return {column.name: getattr(state, column.name) for column in table.c}
