"""The changes that took supply away, and how far reservation is with them."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from parking_chassis.tables import is_among
from parking_kernel.jobs import JobStatus
from parking_kernel.opening_hours import opening_hours_of
from parking_service.adapters.postgres.tables import IS_RUNNING, supply_changes
from parking_service.domain.errors import UnknownSupplyChange
from parking_service.domain.supply import SupplyChangeState, SupplyLoss, SupplyProgress
from parking_service.domain.values import AffectedPolicy

PROGRESS = [each.name for each in fields(SupplyProgress)]


class PostgresSupplyChanges:
    """See `parking_service.application.ports.SupplyChanges`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, change: SupplyChangeState) -> None:
        """Store a new one."""
        values = {
            "id": change.id,
            "parking_lot_id": change.loss.parking_lot_id,
            "organization_id": change.loss.organization_id,
            "whole_lot": change.loss.whole_lot,
            "spot_ids": sorted(change.loss.spot_ids),
            "new_hours": change.loss.new_hours.plain() if change.loss.new_hours else None,
            "time_zone": change.loss.time_zone,
            "affected": change.affected.value,
            "started_at": change.started_at,
            "import_id": change.import_id,
            **_of_progress(change.progress),
        }
        await self._connection.execute(insert(supply_changes).values(values))

    async def get(self, change_id: UUID) -> SupplyChangeState:
        """One of them. Raises `UnknownSupplyChange`."""
        statement = select(supply_changes).where(supply_changes.c.id == change_id)
        row = (await self._connection.execute(statement)).mappings().first()
        if row is None:
            raise UnknownSupplyChange(change_id)
        return _state(row)

    async def running(self, lot_id: UUID) -> Sequence[SupplyChangeState]:
        """Those of a lot with bookings that are not settled yet, as far as is known here; the oldest first."""
        statement = select(supply_changes).where(supply_changes.c.parking_lot_id == lot_id, IS_RUNNING)
        found = (await self._connection.execute(statement.order_by(supply_changes.c.id))).mappings()
        return [_state(row) for row in found]

    async def of_import(self, import_id: UUID, limit: int) -> Sequence[UUID]:
        """The first of those that an import made, the oldest first."""
        statement = select(supply_changes.c.id).where(supply_changes.c.import_id == import_id)
        return list(await self._connection.scalars(statement.order_by(supply_changes.c.id).limit(limit)))

    async def advance(self, change_id: UUID, progress: SupplyProgress) -> None:
        """Store how far reservation is with one, unless something newer is known, or the change is not."""
        older = (supply_changes.c.id == change_id) & (supply_changes.c.version < progress.version)
        await self._connection.execute(update(supply_changes).where(older).values(_of_progress(progress)))

    async def purge(self, before: datetime, limit: int) -> int:
        """Delete those that ended before an instant; how many, at most `limit`."""
        ended_at = supply_changes.c.ended_at
        old = select(supply_changes.c.id).where(ended_at < before).order_by(ended_at).limit(limit)
        statement = delete(supply_changes).where(is_among(supply_changes.c.id, old))
        return (await self._connection.execute(statement)).rowcount


def _of_progress(progress: SupplyProgress) -> dict[str, Any]:
    return asdict(progress) | {"status": progress.status.value}


def _state(row: RowMapping) -> SupplyChangeState:
    progress: dict[str, Any] = {name: row[name] for name in PROGRESS} | {"status": JobStatus(row["status"])}
    return SupplyChangeState(
        row["id"],
        SupplyLoss(
            row["parking_lot_id"],
            row["organization_id"],
            row["whole_lot"],
            frozenset(row["spot_ids"]),
            opening_hours_of(row["new_hours"]) if row["new_hours"] is not None else None,
            row["time_zone"],
        ),
        AffectedPolicy(row["affected"]),
        row["started_at"],
        SupplyProgress(**progress),
        row["import_id"],
    )
