"""Which bookings a file would be in the way of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from uuid import UUID

from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock, NewId
from parking_kernel.violations import refuse_any
from parking_service.application.commands.lost_to_file import lost_to_file
from parking_service.application.commands.take_supply import TakeSupply, take_supply
from parking_service.application.ports import LotFiles, OpenWork, Work
from parking_service.domain.bookings import AffectedBookings
from parking_service.domain.errors import RowRefused
from parking_service.domain.import_options import AS_USUAL, ImportOptions, option_violations
from parking_service.domain.imports import CHUNK_ROWS, ImportRow, LotDraft, sorted_rows
from parking_service.domain.lots import Lot, LotStatus
from parking_service.domain.supply import SupplyTerms
from parking_service.domain.tenancy import chosen_organization

_LOOK = SupplyTerms(is_preview=True)


@dataclass(frozen=True, slots=True)
class PreviewImport:
    """An operator shows the features of a file, to be read as when it is imported."""

    asker: Asker
    organization_id: UUID | None
    features: Sequence[Mapping[str, object]]
    options: ImportOptions = AS_USUAL


@dataclass(frozen=True, slots=True)
class PreviewImportHandler:
    """Looks at as many rows in a transaction as an import changes in one, so that no lot is locked for long."""

    open_work: OpenWork
    files: LotFiles
    clock: Clock
    new_id: NewId

    async def __call__(self, query: PreviewImport) -> AffectedBookings:
        """Those of all rows. Raises `UnknownOrganization` and `InvalidFields`."""
        organization_id = chosen_organization(query.asker, query.organization_id, "query/organization_id")
        refuse_any(option_violations(query.options))
        rows, _refused = sorted_rows(query.features, partial(self.files.source_id, options=query.options))
        async with self.open_work(query.asker) as work:
            found = [AffectedBookings.of([], await work.bookings.as_of())]
        for start in range(0, len(rows), CHUNK_ROWS):
            drafts = self._drafts(rows[start : start + CHUNK_ROWS], query)
            async with self.open_work(query.asker) as work:
                known = await work.lots.by_source(
                    organization_id, query.options.source, [draft.source_id for draft in drafts]
                )
                changed = [(known[draft.source_id], draft) for draft in drafts if _is_changed(known, draft)]
                found += [await self._look(work, lot, draft) for lot, draft in changed]
        return reduce(AffectedBookings.joined, found)

    def _drafts(self, rows: Sequence[ImportRow], query: PreviewImport) -> list[LotDraft]:
        drafts = list[LotDraft]()
        for row in rows:
            try:
                drafts.append(self.files.draft(row, query.options))
            except RowRefused:
                continue  # its import changes nothing either
        return drafts

    async def _look(self, work: Work, lot: Lot, draft: LotDraft) -> AffectedBookings:
        now = self.clock.now()
        try:
            _gone, loss = await lost_to_file(work, draft, lot, await work.spots.of_lot(lot.state.id), now)
        except RowRefused:
            loss = None
        return (await take_supply(work, TakeSupply(loss, _LOOK, self.new_id(now), now))).bookings


def _is_changed(known: Mapping[str, Lot], draft: LotDraft) -> bool:
    lot = known.get(draft.source_id)
    return bool(lot and lot.state.status is not LotStatus.RETIRED and lot.state.imported_from != draft.imported_from)
