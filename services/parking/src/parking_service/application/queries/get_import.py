"""How far an import is."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from parking_kernel.askers import Asker
from parking_service.application.ports import OpenWork
from parking_service.domain.errors import UnknownImport
from parking_service.domain.imports import ImportReport

_MOST_CHANGES: Final = 1_000


@dataclass(frozen=True, slots=True)
class GetImport:
    """Which one, who asks, and which refused rows and warnings: the first `limit` behind a row of the file."""

    asker: Asker
    import_id: UUID
    refused_after: int
    warnings_after: int
    limit: int


@dataclass(frozen=True, slots=True)
class GetImportHandler:
    """Reads progress, refused rows, warnings, and the first thousand of the supply changes that it made."""

    open_work: OpenWork

    async def __call__(self, query: GetImport) -> ImportReport:
        """Raises `UnknownImport`, also for one of a foreign organization."""
        async with self.open_work(query.asker) as work:
            state = await work.imports.get(query.import_id)
            if not query.asker.operates(state.organization_id):
                raise UnknownImport(query.import_id)
            return ImportReport(
                state,
                await work.imports.refused(query.import_id, query.refused_after, query.limit),
                await work.imports.warnings(query.import_id, query.warnings_after, query.limit),
                await work.supply_changes.of_import(query.import_id, _MOST_CHANGES),
            )
