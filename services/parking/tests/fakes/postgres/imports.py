from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.parking.tests.fakes.postgres.tables import Tables

from parking_service.domain.errors import UnknownImport
from parking_service.domain.imports import ImportRow, ImportState, ImportStatus, RefusedRow


class InMemoryImports:
    """See `parking_service.application.ports.Imports`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, state: ImportState, rows: Sequence[ImportRow], refused: Sequence[RefusedRow]) -> None:
        self._tables.imports[state.id] = state
        self._tables.attempts[state.id] = 0
        self._tables.due[state.id] = state.started_at
        self._tables.waiting.update({(state.id, row.row): row for row in rows})
        self._refuse(state.id, refused)

    async def claim(self, at: datetime, until: datetime) -> tuple[UUID, int] | None:
        tables = self._tables
        running = [state.id for state in tables.imports.values() if state.status is ImportStatus.RUNNING]
        due = [import_id for import_id in running if tables.due[import_id] <= at]
        if not due:
            return None
        first = min(due, key=lambda import_id: tables.due[import_id])
        tables.attempts[first] += 1
        tables.due[first] = until
        return first, tables.attempts[first]

    async def locked(self, import_id: UUID) -> ImportState | None:
        state = self._tables.imports[import_id]
        return state if state.status is ImportStatus.RUNNING else None

    async def next_rows(self, import_id: UUID, limit: int) -> Sequence[ImportRow]:
        waiting = sorted((key, row) for key, row in self._tables.waiting.items() if key[0] == import_id)
        return [row for _, row in waiting[:limit]]

    async def settle(self, state: ImportState, rows: Sequence[ImportRow], refused: Sequence[RefusedRow]) -> None:
        for row in rows:
            del self._tables.waiting[state.id, row.row]
        self._refuse(state.id, refused)
        self._tables.imports[state.id] = state
        self._tables.attempts[state.id] = 0
        self._tables.due[state.id] = state.started_at

    async def get(self, import_id: UUID) -> ImportState:
        if import_id not in self._tables.imports:
            raise UnknownImport(import_id)
        return self._tables.imports[import_id]

    async def refused(self, import_id: UUID, after: int, limit: int) -> Sequence[RefusedRow]:
        return [row for key, row in sorted(self._tables.refused.items()) if key[0] == import_id and row.row > after][
            :limit
        ]

    def _refuse(self, import_id: UUID, refused: Sequence[RefusedRow]) -> None:
        self._tables.refused.update({(import_id, row.row): row for row in refused})
