"""Imports and their waiting rows in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import fields
from uuid import UUID

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from parking_kernel.jobs import JobStatus
from parking_kernel.tariffs import tariff_of
from parking_service.adapters.postgres.tables import import_rows, import_warnings, imports
from parking_service.domain.errors import UnknownImport
from parking_service.domain.import_options import RowWarning
from parking_service.domain.imports import ImportRow, ImportState, RefusedRow
from parking_service.domain.values import AffectedPolicy

STATE = [column for column in imports.c if column.name not in {"attempts", "due_at"}]
COUNTS = ("created", "updated", "unchanged", "refused", "warned", "not_honoured")


class PostgresImports:
    """See `parking_service.application.ports.Imports`. A row that waits has no reason; a settled one is gone or has."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, state: ImportState, rows: Sequence[ImportRow], refused: Sequence[RefusedRow]) -> None:
        """Store a new import, which is due at once."""
        await self._connection.execute(insert(imports).values(_row(state)))
        waiting = [{"row": each.row, "source_id": each.source_id, "feature": dict(each.feature)} for each in rows]
        for values in (waiting, [_noted(each) for each in refused]):
            if values:
                named = [{"import_id": state.id, **each} for each in values]
                await self._connection.execute(insert(import_rows), named)

    async def next_rows(self, import_id: UUID, limit: int) -> Sequence[ImportRow]:
        """The first rows that wait."""
        statement = (
            select(import_rows.c.row, import_rows.c.source_id, import_rows.c.feature)
            .where(import_rows.c.import_id == import_id, import_rows.c.reason.is_(None))
            .order_by(import_rows.c.row)
            .limit(limit)
        )
        return [ImportRow(*row) for row in await self._connection.execute(statement)]

    async def settle(
        self,
        state: ImportState,
        rows: Sequence[ImportRow],
        refused: Sequence[RefusedRow],
        warnings: Sequence[RowWarning] = (),
    ) -> None:
        """Note that rows are done with, some of them refused or warned of, and the counts of their import."""
        settled = import_rows.c.row.in_([row.row for row in rows])
        await self._connection.execute(delete(import_rows).where(import_rows.c.import_id == state.id, settled))
        if refused:
            named = [{"import_id": state.id, **_noted(each)} for each in refused]
            await self._connection.execute(insert(import_rows), named)
        if warnings:
            named = [{"import_id": state.id, **_noted(each)} for each in warnings]
            await self._connection.execute(insert(import_warnings), named)
        counts = {name: getattr(state, name) for name in COUNTS}
        await self._connection.execute(update(imports).where(imports.c.id == state.id).values(counts))

    async def get(self, import_id: UUID) -> ImportState:
        """One import. Raises `UnknownImport`."""
        row = (await self._connection.execute(select(*STATE).where(imports.c.id == import_id))).mappings().first()
        if row is None:
            raise UnknownImport(import_id)
        return _state(row)

    async def refused(self, import_id: UUID, after: int, limit: int) -> Sequence[RefusedRow]:
        """The first of its refused rows behind a row of the file, in the file's order."""
        statement = (
            select(import_rows.c.row, import_rows.c.source_id, import_rows.c.reason)
            .where(import_rows.c.import_id == import_id, import_rows.c.reason.is_not(None), import_rows.c.row > after)
            .order_by(import_rows.c.row)
            .limit(limit)
        )
        return [RefusedRow(*row) for row in await self._connection.execute(statement)]

    async def warnings(self, import_id: UUID, after: int, limit: int) -> Sequence[RowWarning]:
        """The first of its warnings behind a row of the file, in the file's order."""
        table = import_warnings.c
        statement = (
            select(table.row, table.source_id, table.reason)
            .where(table.import_id == import_id, table.row > after)
            .order_by(table.row)
            .limit(limit)
        )
        return [RowWarning(*row) for row in await self._connection.execute(statement)]


def _row(state: ImportState) -> dict[str, object]:
    return {each.name: getattr(state, each.name) for each in fields(state)} | {
        "status": state.status.value,
        "affected": state.affected.value if state.affected else None,
        "terms": state.terms.plain() if state.terms else None,
        "due_at": state.started_at,
    }


def _state(row: RowMapping) -> ImportState:
    affected = AffectedPolicy(row["affected"]) if row["affected"] else None
    terms = tariff_of(row["terms"]) if row["terms"] else None
    return ImportState(**{**row, "status": JobStatus(row["status"]), "affected": affected, "terms": terms})


def _noted(refused: RefusedRow | RowWarning) -> dict[str, object]:
    return {"row": refused.row, "source_id": refused.source_id, "reason": refused.reason}
