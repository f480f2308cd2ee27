"""Work on the imports that run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from parking_kernel.clocks import Clock, NewId
from parking_kernel.jobs import run_jobs
from parking_kernel.violations import InvalidFields
from parking_service.application.commands.lost_to_file import lost_to_file
from parking_service.application.commands.take_supply import TakeSupply, take_supply
from parking_service.application.ports import LotFiles, OpenWork, Work
from parking_service.domain.errors import BookingsAffected, RowRefused, SupplyChangeRunning
from parking_service.domain.import_options import RowWarning, counted
from parking_service.domain.imports import (
    CHUNK_ROWS,
    FAR_AWAY,
    ImportRow,
    ImportState,
    LotDraft,
    RefusedRow,
    RowOutcome,
)
from parking_service.domain.lots import Lot, LotPrices, LotState, LotStatus, prices_of, without_prices
from parking_service.domain.spots import Spot, SpotPlan, SpotType, free_numbers
from parking_service.domain.supply import SupplyTerms
from parking_service.domain.tariffs import TariffState, TariffVersion


@dataclass(frozen=True, slots=True)
class ContinueImports:
    """The timer came round."""


@dataclass(slots=True)
class _Chunk:
    """What one transaction of an import writes."""

    work: Work
    state: ImportState
    currency: str
    tariffs: list[TariffVersion] = field(default_factory=list[TariffVersion])
    new_lots: list[Lot] = field(default_factory=list[Lot])
    changed_lots: list[Lot] = field(default_factory=list[Lot])
    gone_spots: list[Spot] = field(default_factory=list[Spot])
    new_spots: list[Spot] = field(default_factory=list[Spot])

    async def write(self) -> None:
        """Write it, a lot after the tariff that is now in force there: so it is published, too."""
        await self.work.tariffs.add(self.tariffs)
        await self.work.lots.add(self.new_lots)
        for lot in self.changed_lots:
            await self.work.lots.save(lot)
        await self.work.spots.save(self.gone_spots)
        await self.work.spots.add(self.new_spots)
        await self.work.occupancy.recount([lot.state.id for lot in (*self.new_lots, *self.changed_lots)])


@dataclass(frozen=True, slots=True)
class ContinueImportsHandler:
    """Turns waiting rows into lots, by jobs."""

    open_work: OpenWork
    files: LotFiles
    clock: Clock
    new_id: NewId

    async def __call__(self, _command: ContinueImports) -> int:
        """How many rows were settled. Returns when nothing waits."""
        return await run_jobs(self.open_work, lambda work: work.import_jobs, self._chunk, self.clock)

    async def _chunk(self, work: Work, import_id: UUID) -> int:
        rows = await work.imports.next_rows(import_id, CHUNK_ROWS)
        if not rows:
            return 0
        state = await work.imports.get(import_id)
        chunk = _Chunk(work, state, (await work.tariffs.default_of(state.organization_id)).terms.currency)
        drafts, refused = self._drafts(rows, state)
        source_ids = [draft.source_id for _, draft in drafts]
        known = await work.lots.by_source(state.organization_id, state.source, source_ids)
        taken = list[tuple[int, LotDraft]]()
        for row, draft in drafts:
            try:
                await self._take(chunk, draft, known)
                taken.append((row, draft))
            except (RowRefused, BookingsAffected, SupplyChangeRunning, InvalidFields) as error:
                refused.append(RefusedRow(row, draft.source_id, str(error)))
        await chunk.write()
        warnings = await _warnings(chunk, taken)
        settled = replace(
            chunk.state,
            refused=state.refused + len(refused),
            warned=state.warned + len(warnings),
            not_honoured=counted(state.not_honoured, (name for _, draft in taken for name in draft.not_honoured)),
        )
        await work.imports.settle(settled, rows, refused, warnings)
        return len(rows)

    def _drafts(
        self, rows: Sequence[ImportRow], state: ImportState
    ) -> tuple[list[tuple[int, LotDraft]], list[RefusedRow]]:
        drafts, refused = list[tuple[int, LotDraft]](), list[RefusedRow]()
        for row in rows:
            try:
                drafts.append((row.row, self.files.draft(row, state.options)))
            except RowRefused as error:
                refused.append(RefusedRow(row.row, row.source_id, str(error)))
        return drafts, refused

    async def _take(self, chunk: _Chunk, draft: LotDraft, known: Mapping[str, Lot]) -> None:
        lot = known.get(draft.source_id)
        if lot is None:
            self._create(chunk, draft)
            outcome = RowOutcome.CREATED
        elif lot.state.status is LotStatus.RETIRED:
            raise RowRefused("the lot is retired")
        elif lot.state.imported_from == draft.imported_from:
            outcome = RowOutcome.UNCHANGED
        else:
            await self._update(chunk, draft, lot)
            outcome = RowOutcome.UPDATED
        chunk.state = replace(chunk.state, **{outcome.value: getattr(chunk.state, outcome.value) + 1})

    def _create(self, chunk: _Chunk, draft: LotDraft) -> None:
        organization_id, now = chunk.state.organization_id, self.clock.now()
        lot_id = self.new_id(now)
        prices, status = without_prices(draft.currency or chunk.currency), LotStatus.DRAFT
        if draft.terms:
            first = TariffState(self.new_id(now), organization_id, lot_id, 1, draft.terms, now)
            chunk.tariffs.append(TariffVersion.publish(first))
            prices, status = prices_of(first), LotStatus.OPEN
        lot = Lot.create(_new_lot(draft, lot_id, organization_id, now, status, prices))
        chunk.new_lots.append(lot)
        chunk.new_spots += self._new_spots(lot, draft.capacity, [], now)

    async def _update(self, chunk: _Chunk, draft: LotDraft, lot: Lot) -> None:
        work, now = chunk.work, self.clock.now()
        spots = await work.spots.of_lot(lot.state.id)
        gone, loss = await lost_to_file(work, draft, lot, spots, now)
        tariff = await self._next_tariff(work, draft, lot, now)
        published = [TariffVersion.publish(tariff)] if tariff else []
        terms = SupplyTerms(chunk.state.affected)
        # Before anything of the lot is changed: a row that is refused, also for its prices, is refused as a whole.
        taken = await take_supply(work, TakeSupply(loss, terms, self.new_id(now), now, chunk.state.id))
        for spot in gone:
            spot.remove(taken.change)
        hours_change = taken.change if loss and loss.new_hours else None
        lot.change(now, tariff, supply_change=hours_change, **draft.changes())
        chunk.tariffs += published
        chunk.changed_lots.append(lot)
        chunk.gone_spots += gone
        chunk.new_spots += self._new_spots(lot, draft.capacity, spots, now)

    async def _next_tariff(self, work: Work, draft: LotDraft, lot: Lot, now: datetime) -> TariffState | None:
        """What the file says of prices, if that is new; where it says nothing, the lot keeps its own."""
        lot_id, known_id = lot.state.id, lot.state.tariff_id
        current = await work.tariffs.get(known_id) if known_id else None
        if draft.terms is None or (current and current.terms == draft.terms):
            return None
        number = current.number + 1 if current else 1
        return TariffState(self.new_id(now), lot.state.organization_id, lot_id, number, draft.terms, now)

    def _new_spots(
        self, lot: Lot, capacity: Mapping[SpotType, int], spots: Sequence[Spot], now: datetime
    ) -> list[Spot]:
        taken = {spot.state.number for spot in spots}
        have = [spot.state.type for spot in spots]
        return [
            Spot.create(self.new_id(now), lot.state.id, lot.state.organization_id, SpotPlan(number, spot_type))
            for spot_type, count in capacity.items()
            for number in free_numbers(spot_type, count - have.count(spot_type), taken)
        ]


def _new_lot(
    draft: LotDraft, lot_id: UUID, organization_id: UUID, now: datetime, status: LotStatus, prices: LotPrices
) -> LotState:
    return LotState(
        id=lot_id, organization_id=organization_id, created_at=now, status=status, **draft.changes(), **prices
    )


async def _warnings(chunk: _Chunk, taken: Sequence[tuple[int, LotDraft]]) -> list[RowWarning]:
    """What looks like a mistake in rows that became lots; one for each row."""
    distances = await chunk.work.lots.distances_to_others([lot.state.id for lot in chunk.new_lots])
    by_source_id = {
        lot.state.imported_from.source_id: distances.get(lot.state.id, 0)
        for lot in chunk.new_lots
        if lot.state.imported_from
    }
    found = list[RowWarning]()
    for row, draft in taken:
        reasons = list(draft.warnings)
        if (distance := by_source_id.get(draft.source_id, 0)) > FAR_AWAY:
            reasons.append(f"the nearest other lot of the organization is {distance / 1000:,.0f} km away")
        if reasons:
            found.append(RowWarning(row, draft.source_id, "; ".join(reasons)))
    return found
