from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.reservation.tests.fakes.postgres.tables import Tables

from parking_kernel.changes import Changes
from reservation_service.domain.reservations import Reservation
from reservation_service.domain.supply import AffectedPolicy, SupplyChange, SupplyChangeStatus


class InMemorySupplyChanges:
    """See `reservation_service.application.ports.SupplyChanges`."""

    def __init__(self, tables: Tables, changes: Changes[Reservation | SupplyChange]) -> None:
        self._tables = tables
        self._changes = changes

    async def add(self, change: SupplyChange) -> bool:
        if change.state.id in self._tables.supply_changes:
            return False
        await self.save(change)
        return True

    async def get(self, change_id: UUID) -> SupplyChange:
        return self._changes.loaded(SupplyChange(self._tables.supply_changes[change_id]))

    async def policy(self, change_id: UUID) -> AffectedPolicy:
        return self._tables.supply_changes[change_id].affected

    async def save(self, change: SupplyChange) -> None:
        self._tables.supply_changes[change.state.id] = change.state
        self._changes.saved(change)

    async def claim(self, at: datetime, until: datetime, limit: int) -> Sequence[UUID]:
        due = [
            (state.due_at, state.id)
            for state in self._tables.supply_changes.values()
            if state.status is SupplyChangeStatus.RUNNING and state.due_at <= at
        ]
        claimed = sorted(change_id for _, change_id in sorted(due)[:limit])
        for change_id in claimed:
            state = self._tables.supply_changes[change_id]
            self._tables.supply_changes[change_id] = replace(state, due_at=until)
        return claimed

    async def purge(self, before: datetime, limit: int) -> int:
        tables = self._tables
        named = {
            change_id
            for owner, change_id in tables.taken_by.items()
            if owner not in tables.spots or not tables.spots[owner].in_service
        }
        done = [each for each in tables.supply_changes.values() if each.status is SupplyChangeStatus.DONE]
        old = sorted((each.at, each.id) for each in done if each.at < before and each.id not in named)[:limit]
        for _, change_id in old:
            del tables.supply_changes[change_id]
        return len(old)
