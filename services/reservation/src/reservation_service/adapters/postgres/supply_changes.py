"""Changes that take supply away, in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from parking_chassis.claims import ClaimQueue
from parking_chassis.tables import is_among
from parking_chassis.units_of_work import Transaction
from reservation_service.adapters.postgres.tables import lots, spots, supply_changes
from reservation_service.domain.reservations import Reservation
from reservation_service.domain.supply import (
    AffectedPolicy,
    SettledBooking,
    SupplyChange,
    SupplyChangeState,
    SupplyChangeStatus,
    SupplyOutcome,
)

RUNNING = ClaimQueue(supply_changes, waits=supply_changes.c.status == SupplyChangeStatus.RUNNING.value)


class PostgresSupplyChanges:
    """See `reservation_service.application.ports.SupplyChanges`."""

    def __init__(self, transaction: Transaction[Reservation | SupplyChange]) -> None:
        self._connection = transaction.connection
        self._changes = transaction.changes

    async def add(self, change: SupplyChange) -> bool:
        """Store a new one; False, and nothing changed, where it is there; one just being added is waited for."""
        statement = insert(supply_changes).values(_row(change.state)).on_conflict_do_nothing()
        is_new = (await self._connection.execute(statement)).rowcount == 1
        if is_new:
            self._changes.saved(change)
        return is_new

    async def get(self, change_id: UUID) -> SupplyChange:
        """One that is there, locked until the transaction ends."""
        statement = select(supply_changes).where(supply_changes.c.id == change_id).with_for_update()
        row = (await self._connection.execute(statement)).mappings().one()
        return self._changes.loaded(SupplyChange(_state(row)))

    async def policy(self, change_id: UUID) -> AffectedPolicy:
        """What becomes of the bookings of one that is there, not locked: it never changes."""
        statement = select(supply_changes.c.affected).where(supply_changes.c.id == change_id)
        return AffectedPolicy((await self._connection.execute(statement)).scalar_one())

    async def save(self, change: SupplyChange) -> None:
        """Store one that was locked."""
        mine = supply_changes.c.id == change.state.id
        await self._connection.execute(update(supply_changes).where(mine).values(_row(change.state)))
        self._changes.saved(change)

    async def claim(self, at: datetime, until: datetime, limit: int) -> Sequence[UUID]:
        """Running ones that are to be looked at by an instant, which no other process gets before `until`."""
        return [row["id"] for row in await RUNNING.claim(self._connection, at=at, until=until, limit=limit)]

    async def purge(self, before: datetime, limit: int) -> int:
        """Delete those that are done since before an instant, and that no copy names; how many, at most `limit`."""
        names_it = supply_changes.c.id
        named = (
            select(lots.c.id).where(lots.c.supply_change_id == names_it).exists(),
            select(spots.c.id).where(spots.c.supply_change_id == names_it, ~spots.c.in_service).exists(),
        )
        is_done = supply_changes.c.status == SupplyChangeStatus.DONE.value
        old = select(supply_changes.c.id).where(is_done, supply_changes.c.at < before, ~or_(*named))
        statement = delete(supply_changes).where(
            is_among(supply_changes.c.id, old.order_by(supply_changes.c.at).limit(limit))
        )
        return (await self._connection.execute(statement)).rowcount


def _row(state: SupplyChangeState) -> dict[str, Any]:
    return {
        "id": state.id,
        "parking_lot_id": state.parking_lot_id,
        "organization_id": state.organization_id,
        "affected": state.affected.value,
        "status": state.status.value,
        "total": state.total,
        "moved": state.moved,
        "refunded": state.refunded,
        "cancelled": state.cancelled,
        "waiting": sorted(state.waiting),
        "exited": state.exited,
        "last_reservation_id": state.last.reservation_id if state.last else None,
        "last_outcome": state.last.outcome.value if state.last else None,
        "settled_by": state.settled_by,
        "due_at": state.due_at,
        "at": state.at,
        "version": state.version,
    }


def _state(row: RowMapping) -> SupplyChangeState:
    last = row["last_outcome"]
    return SupplyChangeState(
        id=row["id"],
        parking_lot_id=row["parking_lot_id"],
        organization_id=row["organization_id"],
        affected=AffectedPolicy(row["affected"]),
        status=SupplyChangeStatus(row["status"]),
        due_at=row["due_at"],
        at=row["at"],
        version=row["version"],
        total=row["total"],
        moved=row["moved"],
        refunded=row["refunded"],
        cancelled=row["cancelled"],
        waiting=frozenset(row["waiting"]),
        exited=row["exited"],
        last=SettledBooking(row["last_reservation_id"], SupplyOutcome(last)) if last else None,
        settled_by=row["settled_by"],
    )
