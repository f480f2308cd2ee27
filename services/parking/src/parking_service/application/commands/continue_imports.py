"""Work on the imports that run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from parking_kernel.clocks import Clock, NewId
from parking_kernel.jobs import run_jobs
from parking_kernel.tariffs import Tariff
from parking_kernel.violations import InvalidFields
from parking_service.application.commands.take_supply import TakeSupply, take_supply
from parking_service.application.ports import LotFiles, OpenWork, Work
from parking_service.domain.errors import BookingsAffected, RowRefused
from parking_service.domain.imports import (
    CHUNK_ROWS,
    ImportState,
    LotDraft,
    RefusedRow,
    RowOutcome,
    lost_by,
)
from parking_service.domain.lots import Lot, LotState, LotStatus, prices_of
from parking_service.domain.spots import Spot, SpotPlan, SpotType, free_numbers
from parking_service.domain.supply import SupplyTerms
from parking_service.domain.tariffs import TariffState, TariffVersion, in_currency


@dataclass(frozen=True, slots=True)
class ContinueImports:
    """The timer came round."""


@dataclass(slots=True)
class _Chunk:
    """What one transaction of an import writes."""

    work: Work
    state: ImportState
    default: Tariff
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
        chunk = _Chunk(work, state, (await work.tariffs.default_of(state.organization_id)).terms)
        drafts, refused = list[LotDraft](), list[RefusedRow]()
        for row in rows:
            try:
                drafts.append(self.files.draft(row, state.time_zone, state.currency))
            except RowRefused as error:
                refused.append(RefusedRow(row.row, row.source_id, str(error)))
        known = await work.lots.by_source(state.organization_id, [draft.source_id for draft in drafts])
        rows_by_id = {row.source_id: row.row for row in rows}
        for draft in drafts:
            try:
                await self._take(chunk, draft, known)
            except (RowRefused, BookingsAffected, InvalidFields) as error:
                refused.append(RefusedRow(rows_by_id[draft.source_id], draft.source_id, str(error)))
        await chunk.write()
        await work.imports.settle(replace(chunk.state, refused=state.refused + len(refused)), rows, refused)
        return len(rows)

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
        tariff = TariffVersion.publish(
            TariffState(self.new_id(now), organization_id, lot_id, 1, _terms(draft, chunk.default), now)
        )
        lot = Lot.create(
            LotState(
                id=lot_id, organization_id=organization_id, created_at=now, **draft.changes(), **prices_of(tariff.state)
            )
        )
        chunk.tariffs.append(tariff)
        chunk.new_lots.append(lot)
        chunk.new_spots += self._new_spots(lot, draft.capacity, [], now)

    async def _update(self, chunk: _Chunk, draft: LotDraft, lot: Lot) -> None:
        work, now, lot_id = chunk.work, self.clock.now(), lot.state.id
        spots = await work.spots.of_lot(lot_id)
        gone, loss = lost_by(draft, lot, spots, now)
        tariff = await work.tariffs.get(lot.state.tariff_id)
        prices, published = _terms(draft, chunk.default), list[TariffVersion]()
        if tariff.terms != prices:
            tariff = TariffState(self.new_id(now), lot.state.organization_id, lot_id, tariff.number + 1, prices, now)
            published = [TariffVersion.publish(tariff)]
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


def _terms(draft: LotDraft, default: Tariff) -> Tariff:
    return draft.terms or in_currency(default, draft.currency or default.currency)
