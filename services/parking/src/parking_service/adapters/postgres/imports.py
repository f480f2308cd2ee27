"""Imports and their waiting rows in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from parking_chassis.claims import ClaimQueue
from parking_service.adapters.postgres.tables import import_rows, imports
from parking_service.domain.errors import UnknownImport
from parking_service.domain.imports import ImportRow, ImportState, ImportStatus, RefusedRow

RUNNING = imports.c.status == ImportStatus.RUNNING.value
STATE = [column for column in imports.c if column.name not in {"attempts", "due_at"}]
DUE = ClaimQueue(imports, waits=RUNNING)


class PostgresImports:
    """See `parking_service.application.ports.Imports`. A row that waits has no reason; a settled one is gone or has."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, state: ImportState, rows: Sequence[ImportRow], refused: Sequence[RefusedRow]) -> None:
        """Store a new import, which is due at once."""
        values = asdict(state) | {"status": state.status.value, "due_at": state.started_at}
        await self._connection.execute(insert(imports).values(values))
        waiting = [{"row": each.row, "source_id": each.source_id, "feature": dict(each.feature)} for each in rows]
        for values in (waiting, [_refused(each) for each in refused]):
            if values:
                named = [{"import_id": state.id, **each} for each in values]
                await self._connection.execute(insert(import_rows), named)

    async def claim(self, at: datetime, until: datetime) -> tuple[UUID, int] | None:
        """The oldest import that runs and is due at an instant, and how often it was claimed without getting on."""
        for row in await DUE.claim(self._connection, at=at, until=until, limit=1):
            claimed: tuple[UUID, int] = row["id"], row["attempts"] + 1
            counted = update(imports).where(imports.c.id == claimed[0]).values(attempts=claimed[1])
            await self._connection.execute(counted)
            return claimed
        return None

    async def locked(self, import_id: UUID) -> ImportState | None:
        """An import that runs, locked until the transaction ends; none while someone else has it."""
        statement = select(*STATE).where(imports.c.id == import_id, RUNNING).with_for_update(skip_locked=True)
        row = (await self._connection.execute(statement)).mappings().first()
        return _state(row) if row else None

    async def next_rows(self, import_id: UUID, limit: int) -> Sequence[ImportRow]:
        """The first rows that wait."""
        statement = (
            select(import_rows.c.row, import_rows.c.source_id, import_rows.c.feature)
            .where(import_rows.c.import_id == import_id, import_rows.c.reason.is_(None))
            .order_by(import_rows.c.row)
            .limit(limit)
        )
        return [ImportRow(*row) for row in await self._connection.execute(statement)]

    async def settle(self, state: ImportState, rows: Sequence[ImportRow], refused: Sequence[RefusedRow]) -> None:
        """Note that rows are done with, some of them refused, and how far the import is: it is due again at once."""
        settled = import_rows.c.row.in_([row.row for row in rows])
        await self._connection.execute(delete(import_rows).where(import_rows.c.import_id == state.id, settled))
        if refused:
            named = [{"import_id": state.id, **_refused(each)} for each in refused]
            await self._connection.execute(insert(import_rows), named)
        counts = {name: getattr(state, name) for name in ("created", "updated", "unchanged", "refused")}
        statement = update(imports).where(imports.c.id == state.id)
        # Due from its start on, and so before all that began later.
        settled_as = {"status": state.status.value, "attempts": 0, "due_at": imports.c.started_at}
        await self._connection.execute(statement.values(settled_as | counts))

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


def _state(row: RowMapping) -> ImportState:
    return ImportState(**{**row, "status": ImportStatus(row["status"])})


def _refused(refused: RefusedRow) -> dict[str, object]:
    return {"row": refused.row, "source_id": refused.source_id, "reason": refused.reason}
