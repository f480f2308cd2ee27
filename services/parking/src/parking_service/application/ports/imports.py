"""Imports, and the files that they come from."""

from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import UUID

from parking_service.domain.import_options import ImportOptions, RowWarning
from parking_service.domain.imports import ImportRow, ImportState, LotDraft, RefusedRow


class Imports(Protocol):
    """The imports and the rows that wait. That each is a job, `parking_kernel.jobs.Jobs` sees to."""

    async def add(self, state: ImportState, rows: Sequence[ImportRow], refused: Sequence[RefusedRow]) -> None:
        """Store a new import, which is due at once."""
        ...

    async def next_rows(self, import_id: UUID, limit: int) -> Sequence[ImportRow]:
        """The first rows that wait."""
        ...

    async def settle(
        self,
        state: ImportState,
        rows: Sequence[ImportRow],
        refused: Sequence[RefusedRow],
        warnings: Sequence[RowWarning] = (),
    ) -> None:
        """Note that rows are done with, some of them refused or warned of, and the counts of their import."""
        ...

    async def get(self, import_id: UUID) -> ImportState:
        """One import. Raises `UnknownImport`."""
        ...

    async def refused(self, import_id: UUID, after: int, limit: int) -> Sequence[RefusedRow]:
        """The first of its refused rows behind a row of the file, in the file's order."""
        ...

    async def warnings(self, import_id: UUID, after: int, limit: int) -> Sequence[RowWarning]:
        """The first of its warnings behind a row of the file, in the file's order."""
        ...


class LotFiles(Protocol):
    """Reads what files say of lots."""

    def source_id(self, feature: Mapping[str, object], options: ImportOptions) -> str | None:
        """What the file calls the lot; none where it says nothing usable."""
        ...

    def draft(self, row: ImportRow, options: ImportOptions) -> LotDraft:
        """The lot that a feature describes. Raises `RowRefused`."""
        ...
