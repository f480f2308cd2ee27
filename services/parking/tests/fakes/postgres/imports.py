from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from services.parking.tests.fakes.postgres.tables import Tables

from parking_chassis.fakes.jobs import JobRow
from parking_service.domain.errors import UnknownImport
from parking_service.domain.import_options import RowWarning
from parking_service.domain.imports import ImportRow, ImportState, RefusedRow


class InMemoryImports:
    """See `parking_service.application.ports.Imports`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, state: ImportState, rows: Sequence[ImportRow], refused: Sequence[RefusedRow]) -> None:
        self._tables.imports[state.id] = state
        self._tables.import_jobs[state.id] = JobRow(state.started_at, state.started_at)
        self._tables.waiting.update({(state.id, row.row): row for row in rows})
        self._refuse(state.id, refused)

    async def next_rows(self, import_id: UUID, limit: int) -> Sequence[ImportRow]:
        waiting = sorted((key, row) for key, row in self._tables.waiting.items() if key[0] == import_id)
        return [row for _, row in waiting[:limit]]

    async def settle(
        self,
        state: ImportState,
        rows: Sequence[ImportRow],
        refused: Sequence[RefusedRow],
        warnings: Sequence[RowWarning] = (),
    ) -> None:
        for row in rows:
            del self._tables.waiting[state.id, row.row]
        self._refuse(state.id, refused)
        self._tables.warnings.update({(state.id, row.row): row for row in warnings})
        self._tables.imports[state.id] = state

    async def get(self, import_id: UUID) -> ImportState:
        if import_id not in self._tables.imports:
            raise UnknownImport(import_id)
        job = self._tables.import_jobs[import_id]
        state = self._tables.imports[import_id]
        return replace(state, status=job.status, ended_at=job.ended_at, failure=job.failure)

    async def refused(self, import_id: UUID, after: int, limit: int) -> Sequence[RefusedRow]:
        return [row for key, row in sorted(self._tables.refused.items()) if key[0] == import_id and row.row > after][
            :limit
        ]

    async def warnings(self, import_id: UUID, after: int, limit: int) -> Sequence[RowWarning]:
        found = [row for key, row in sorted(self._tables.warnings.items()) if key[0] == import_id and row.row > after]
        return found[:limit]

    def _refuse(self, import_id: UUID, refused: Sequence[RefusedRow]) -> None:
        self._tables.refused.update({(import_id, row.row): row for row in refused})
