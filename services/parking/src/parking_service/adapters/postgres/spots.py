"""Spots in PostgreSQL."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, insert, select, update

from parking_chassis.units_of_work import Transaction
from parking_kernel.concurrency import ChangedMeanwhile
from parking_service.adapters.postgres.tables import spots
from parking_service.application.ports import Aggregate
from parking_service.domain.errors import UnknownSpot
from parking_service.domain.spots import PlanPosition, Spot, SpotState, SpotStatus, SpotType

NOT_REMOVED = spots.c.status != SpotStatus.REMOVED.value


class PostgresSpots:
    """See `parking_service.application.ports.Spots`."""

    def __init__(self, transaction: Transaction[Aggregate]) -> None:
        self._connection = transaction.connection
        self._changes = transaction.changes

    async def lot_of(self, spot_id: UUID) -> UUID:
        """The lot of a spot that is not removed. Raises `UnknownSpot`."""
        statement = select(spots.c.parking_lot_id).where(spots.c.id == spot_id, NOT_REMOVED)
        lot_id = (await self._connection.execute(statement)).scalar_one_or_none()
        if lot_id is None:
            raise UnknownSpot(spot_id)
        return lot_id

    async def get(self, spot_id: UUID) -> Spot:
        """One spot that is not removed. Raises `UnknownSpot`."""
        statement = select(spots).where(spots.c.id == spot_id, NOT_REMOVED)
        row = (await self._connection.execute(statement)).mappings().first()
        if row is None:
            raise UnknownSpot(spot_id)
        return self._changes.loaded(Spot(spot_state(row)))

    async def of_lot(self, lot_id: UUID) -> Sequence[Spot]:
        """All spots of a lot that are not removed."""
        statement = select(spots).where(spots.c.parking_lot_id == lot_id, NOT_REMOVED).order_by(spots.c.number)
        found = (await self._connection.execute(statement)).mappings()
        return [self._changes.loaded(Spot(spot_state(row))) for row in found]

    async def add(self, new_spots: Sequence[Spot]) -> None:
        """Store new spots."""
        if new_spots:
            await self._connection.execute(insert(spots), [_row(spot.state) for spot in new_spots])
        self._changes.saved(*new_spots)

    async def save(self, changed_spots: Sequence[Spot]) -> None:
        """Store changed spots. Raises `ChangedMeanwhile`."""
        for spot in changed_spots:
            mine = (spots.c.id == spot.state.id) & (spots.c.version == spot.loaded_version)
            statement = update(spots).where(mine).values(_row(spot.state))
            if (await self._connection.execute(statement)).rowcount != 1:
                raise ChangedMeanwhile("spot")
        self._changes.saved(*changed_spots)


def spot_state(row: RowMapping) -> SpotState:
    """The spot of a row."""
    return SpotState(
        id=row["id"],
        parking_lot_id=row["parking_lot_id"],
        organization_id=row["organization_id"],
        number=row["number"],
        type=SpotType(row["type"]),
        status=SpotStatus(row["status"]),
        level=row["level"],
        width=row["width"],
        length=row["length"],
        position=PlanPosition(row["x"], row["y"], row["rotation"]) if row["x"] is not None else None,
        version=row["version"],
    )


def _row(state: SpotState) -> dict[str, Any]:
    return {
        "id": state.id,
        "parking_lot_id": state.parking_lot_id,
        "organization_id": state.organization_id,
        "number": state.number,
        "type": state.type.value,
        "status": state.status.value,
        "level": state.level,
        "width": state.width,
        "length": state.length,
        "x": state.position.x if state.position else None,
        "y": state.position.y if state.position else None,
        "rotation": state.position.rotation if state.position else None,
        "version": state.version,
    }
