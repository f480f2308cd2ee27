from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.parking.tests.fakes.postgres.tables import Tables

from parking_kernel.jobs import JobStatus
from parking_service.domain.errors import UnknownSupplyChange
from parking_service.domain.supply import SupplyChangeState, SupplyProgress


class InMemorySupplyChanges:
    """See `parking_service.application.ports.SupplyChanges`."""

    def __init__(self, tables: Tables) -> None:
        self._changes = tables.supply_changes

    async def add(self, change: SupplyChangeState) -> None:
        self._changes[change.id] = change

    async def get(self, change_id: UUID) -> SupplyChangeState:
        if change_id not in self._changes:
            raise UnknownSupplyChange(change_id)
        return self._changes[change_id]

    async def running(self, lot_id: UUID) -> Sequence[SupplyChangeState]:
        of_lot = [change for change in self._changes.values() if change.loss.parking_lot_id == lot_id]
        running = [change for change in of_lot if change.progress.status is JobStatus.RUNNING]
        return sorted(running, key=lambda change: change.id)

    async def of_import(self, import_id: UUID, limit: int) -> Sequence[UUID]:
        return sorted(change.id for change in self._changes.values() if change.import_id == import_id)[:limit]

    async def advance(self, change_id: UUID, progress: SupplyProgress) -> None:
        known = self._changes.get(change_id)
        if known and known.progress.version < progress.version:
            self._changes[change_id] = replace(known, progress=progress)

    async def purge(self, before: datetime, limit: int) -> int:
        ended = [(change.progress.ended_at, change.id) for change in self._changes.values() if change.progress.ended_at]
        old = [change_id for ended_at, change_id in sorted(ended) if ended_at < before][:limit]
        for change_id in old:
            del self._changes[change_id]
        return len(old)
