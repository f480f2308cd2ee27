"""See `parking_service.application.ports`."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from services.parking.tests.fakes.clock import START

from parking_chassis.ids import new_id
from parking_kernel.askers import THE_SERVICE
from parking_kernel.changes import UnsavedChanges
from parking_kernel.concurrency import ChangedMeanwhile
from parking_kernel.jobs import ClaimedJob, JobStatus
from parking_kernel.opening_hours import opening_hours
from parking_kernel.tariffs import simple_tariff
from parking_service.application.ports import OpenWork, Work
from parking_service.domain.errors import UnknownImport, UnknownLot, UnknownOrganization, UnknownSpot
from parking_service.domain.import_options import RowWarning
from parking_service.domain.imports import ImportRow, ImportState, RefusedRow
from parking_service.domain.lots import (
    DEFAULT_SOURCE,
    ImportedFrom,
    Lot,
    LotState,
    LotStatus,
    prices_of,
    without_prices,
)
from parking_service.domain.occupancy import CountReading, SpotReading
from parking_service.domain.organizations import Organization
from parking_service.domain.spots import PlanPosition, Spot, SpotPlan, SpotType
from parking_service.domain.tariffs import TariffState, TariffVersion
from parking_service.domain.values import Place

HOUR = timedelta(hours=1)
LATER = START + HOUR
HOURS = opening_hours({"fri": [("22:00", "02:00")]}, [(date(2026, 12, 25), [])], "")


async def kept_organization(open_work: OpenWork) -> UUID:
    organization_id = new_id()
    default = TariffState(new_id(), organization_id, None, 1, simple_tariff(200, 2000, "EUR"), START)
    async with open_work(THE_SERVICE) as work:
        assert await work.organizations.keep(Organization(organization_id, "Basel", 2))
        await work.tariffs.add([TariffVersion.publish(default)])
    return organization_id


async def kept_lot(open_work: OpenWork, source_id: str | None = None) -> Lot:
    organization_id, lot_id = await kept_organization(open_work), new_id()
    tariff = TariffVersion.publish(
        TariffState(new_id(), organization_id, lot_id, 1, simple_tariff(250, None, "CHF"), START)
    )
    state = LotState(
        id=lot_id,
        organization_id=organization_id,
        name="Aeschen",
        description=None,
        address="Weg 1",
        place=Place(47.55, 7.59),
        time_zone="Europe/Zurich",
        amenities=("covered",),
        opening_hours=HOURS,
        created_at=START,
        capacity={SpotType.STANDARD: 2},
        imported_from=ImportedFrom(source_id, "digest") if source_id else None,
        **prices_of(tariff.state),
    )
    lot = Lot.create(state)
    async with open_work(THE_SERVICE) as work:
        await work.lots.add([lot])
        await work.tariffs.add([tariff])
        await work.occupancy.recount([lot_id])
    return lot


async def kept_spots(open_work: OpenWork, lot: Lot, *numbers: str) -> list[Spot]:
    position = PlanPosition(1.5, 2.5, 90)
    plans = [SpotPlan(number, SpotType.COMPACT, "-1", 2.5, 5.0, position) for number in numbers]
    spots = [Spot.create(new_id(), lot.state.id, lot.state.organization_id, plan) for plan in plans]
    async with open_work(THE_SERVICE) as work:
        await work.spots.add(spots)
    return spots


async def test_a_lot_comes_back_as_it_was_and_changes_by_version(open_work: OpenWork) -> None:
    kept = await kept_lot(open_work)
    async with open_work(THE_SERVICE) as work:
        lot = await work.lots.get(kept.state.id)
        assert lot.state == kept.state
        lot.change(START, name="Messe", opening_hours=None)
        await work.lots.save(lot)
    async with open_work(THE_SERVICE) as work:
        assert (await work.lots.get(kept.state.id)).state == lot.state
        kept.change(START, name="Late")
        with pytest.raises(ChangedMeanwhile):
            await work.lots.save(kept)
        with pytest.raises(UnknownLot):
            await work.lots.get(new_id())


async def test_lots_are_found_by_their_source_within_their_organization(open_work: OpenWork) -> None:
    lot, other = await kept_lot(open_work, "p1"), await kept_lot(open_work, "p1")
    async with open_work(THE_SERVICE) as work:
        assert await work.lots.by_source(lot.state.organization_id, "other", ["p1"]) == {}
        found = await work.lots.by_source(lot.state.organization_id, DEFAULT_SOURCE, ["p1", "p2"])
        assert [each.state.id for each in found.values()] == [lot.state.id]
        assert list(await work.lots.by_source(other.state.organization_id, DEFAULT_SOURCE, ["p2"])) == []


async def test_lots_know_how_far_the_next_of_their_organization_is(open_work: OpenWork) -> None:
    first, elsewhere = await kept_lot(open_work), await kept_lot(open_work)
    places = {"near": Place(47.56, 7.59), "far": Place(46.2, 6.15), "retired": Place(47.55, 7.591)}
    others = {
        name: Lot.create(replace(first.state, id=new_id(), place=place, imported_from=None))
        for name, place in places.items()
    }
    others["retired"].retire(START)
    async with open_work(THE_SERVICE) as work:
        await work.lots.add(list(others.values()))
    async with open_work(THE_SERVICE) as work:
        ids = [first.state.id, others["far"].state.id, elsewhere.state.id]
        found = await work.lots.distances_to_others(ids)
    assert found == {
        first.state.id: pytest.approx(1_112, rel=0.005),
        others["far"].state.id: pytest.approx(186_500, rel=0.005),
    }


async def test_a_draft_has_no_tariff_and_comes_back_as_it_was(open_work: OpenWork) -> None:
    known = await kept_lot(open_work)
    imported_from = ImportedFrom("7", "digest", "osm")
    prices = without_prices("CHF")
    draft = Lot.create(replace(known.state, id=new_id(), status=LotStatus.DRAFT, imported_from=imported_from, **prices))
    async with open_work(THE_SERVICE) as work:
        await work.lots.add([draft])
    async with open_work(THE_SERVICE) as work:
        assert (await work.lots.get(draft.state.id)).state == draft.state


async def test_what_is_raised_undoes_the_work(open_work: OpenWork) -> None:
    lot = await kept_lot(open_work)

    async def change_and_fail() -> None:
        async with open_work(THE_SERVICE) as work:
            mine = await work.lots.get(lot.state.id)
            mine.change(START, name="Other")
            await work.lots.save(mine)
            await work.spots.get(new_id())

    with pytest.raises(UnknownSpot):
        await change_and_fail()
    async with open_work(THE_SERVICE) as work:
        assert (await work.lots.get(lot.state.id)).state == lot.state


async def test_spots_come_back_by_number_until_they_are_removed(open_work: OpenWork) -> None:
    lot = await kept_lot(open_work)
    second, first = await kept_spots(open_work, lot, "2", "1")
    async with open_work(THE_SERVICE) as work:
        assert [spot.state for spot in await work.spots.of_lot(lot.state.id)] == [first.state, second.state]
        assert await work.spots.lot_of(first.state.id) == lot.state.id
        spot = await work.spots.get(first.state.id)
        spot.remove()
        await work.spots.save([spot])
    async with open_work(THE_SERVICE) as work:
        assert [spot.state for spot in await work.spots.of_lot(lot.state.id)] == [second.state]
        for question in (work.spots.get, work.spots.lot_of):
            with pytest.raises(UnknownSpot):
                await question(first.state.id)
        first.change(level="2")
        with pytest.raises(ChangedMeanwhile):
            await work.spots.save([first])


async def test_tariffs_stay_and_the_newest_default_counts(open_work: OpenWork) -> None:
    organization_id = await kept_organization(open_work)
    newer = TariffState(new_id(), organization_id, None, 2, simple_tariff(300, None, "EUR"), START)
    async with open_work(THE_SERVICE) as work:
        await work.tariffs.add([TariffVersion.publish(newer)])
        assert await work.tariffs.default_of(organization_id) == newer
        assert await work.tariffs.get(newer.id) == newer
        with pytest.raises(UnknownOrganization):
            await work.tariffs.default_of(new_id())


async def test_an_organization_is_kept_when_it_is_newer(open_work: OpenWork) -> None:
    organization_id = await kept_organization(open_work)
    async with open_work(THE_SERVICE) as work:
        answers = [
            await work.organizations.keep(Organization(organization_id, "Name", version)) for version in (1, 2, 3, 3)
        ]
    assert answers == [False, False, True, False]


async def test_sightings_and_counts_come_back(open_work: OpenWork) -> None:
    lot, elsewhere = await kept_lot(open_work), await kept_lot(open_work)
    seen, unseen = await kept_spots(open_work, lot, "1", "2")
    (foreign,) = await kept_spots(open_work, elsewhere, "1")
    ids = [spot.state.id for spot in (seen, unseen, foreign)]
    for minute in (1, 2):
        async with open_work(THE_SERVICE) as work:
            known = await work.occupancy.of_spots(lot.state.id, ids)
            assert set(known) == {seen.state.id, unseen.state.id}
            at = START + timedelta(minutes=minute)
            assert known[seen.state.id].see(SpotReading(seen.state.id, minute == 1, at))
            await work.occupancy.save(list(known.values()))
            count = await work.occupancy.of_lot(lot.state.id)
            assert count.count(CountReading(3, 9, at))
            await work.occupancy.save_count(count)
    async with open_work(THE_SERVICE) as work:
        known = await work.occupancy.of_spots(lot.state.id, ids)
        state = known[seen.state.id].state
        assert state
        assert (state.occupied, state.observed_at, state.version) == (False, START + timedelta(minutes=2), 2)
        assert known[unseen.state.id].state is None
        counted = (await work.occupancy.of_lot(lot.state.id)).state
        assert counted
        assert (counted.occupied, counted.capacity, counted.version) == (3, 9, 2)
        assert counted.changed_at == START + timedelta(minutes=1)


async def test_lots_are_due_until_they_are_recounted(open_work: OpenWork) -> None:
    lot_ids = sorted([(await kept_lot(open_work)).state.id for _ in range(3)])
    async with open_work(THE_SERVICE) as work:
        assert list(await work.occupancy.due_for_recount(9)) == []
        await work.occupancy.recount_soon([lot_ids[2], lot_ids[0]])
    async with open_work(THE_SERVICE) as work:
        assert list(await work.occupancy.due_for_recount(9)) == [lot_ids[0], lot_ids[2]]
        assert list(await work.occupancy.due_for_recount(1)) == [lot_ids[0]]
        await work.occupancy.recount([lot_ids[0]])
    async with open_work(THE_SERVICE) as work:
        assert list(await work.occupancy.due_for_recount(9)) == [lot_ids[2]]


async def test_an_event_that_was_not_saved_ends_the_work(open_work: OpenWork) -> None:
    lot = await kept_lot(open_work)

    async def change_without_saving() -> None:
        async with open_work(THE_SERVICE) as work:
            await work.organizations.keep(Organization(lot.state.organization_id, "Renamed", 3))
            (await work.lots.get(lot.state.id)).change(START, name="Other")

    with pytest.raises(UnsavedChanges, match="Lot has events that were not saved"):
        await change_without_saving()
    async with open_work(THE_SERVICE) as work:
        assert (await work.lots.get(lot.state.id)).state == lot.state
        assert await work.organizations.keep(Organization(lot.state.organization_id, "Renamed", 3)), "nothing stayed"


async def test_whatever_is_handed_out_to_be_changed_has_to_be_saved(open_work: OpenWork) -> None:
    lot = await kept_lot(open_work, "p1")
    lot_id, organization_id = lot.state.id, lot.state.organization_id
    (spot,) = await kept_spots(open_work, lot, "1")
    seen, counted = SpotReading(spot.state.id, True, START), CountReading(1, 2, START)

    async def by_source(work: Work) -> None:
        (await work.lots.by_source(organization_id, DEFAULT_SOURCE, ["p1"]))["p1"].change(START, name="Other")

    async def one_spot(work: Work) -> None:
        (await work.spots.get(spot.state.id)).remove()

    async def spots_of_the_lot(work: Work) -> None:
        (await work.spots.of_lot(lot_id))[0].remove()

    async def sightings(work: Work) -> None:
        (await work.occupancy.of_spots(lot_id, [spot.state.id]))[spot.state.id].see(seen)

    async def count(work: Work) -> None:
        (await work.occupancy.of_lot(lot_id)).count(counted)

    async def attempt(change: Callable[[Work], Awaitable[None]]) -> None:
        async with open_work(THE_SERVICE) as work:
            await change(work)

    for change in (by_source, one_spot, spots_of_the_lot, sightings, count):
        with pytest.raises(UnsavedChanges):
            await attempt(change)


async def test_the_import_that_began_first_is_worked_on_first(open_work: OpenWork) -> None:
    organization_id = await kept_organization(open_work)
    older, newer = (ImportState(new_id(), organization_id, None, None, 1, at) for at in (START, LATER))
    async with open_work(THE_SERVICE) as work:
        for state in (newer, older):
            await work.imports.add(state, [ImportRow(1, "p1", {"id": "p1"})], [])
    now, until = LATER + HOUR, LATER + 2 * HOUR
    async with open_work(THE_SERVICE) as work:
        assert await work.import_jobs.claim(now, until) == ClaimedJob(older.id, 1)
        await work.import_jobs.advance(older.id)
        assert await work.import_jobs.claim(now, until) == ClaimedJob(older.id, 1), "until it is done"
        assert await work.import_jobs.claim(now, until) == ClaimedJob(newer.id, 1), "the first is someone else's"
        assert await work.import_jobs.claim(now, until) is None


async def test_an_import_keeps_its_options_its_counts_and_its_warnings(open_work: OpenWork) -> None:
    state = ImportState(
        *(new_id(), await kept_organization(open_work), None, "CHF", 2, START),
        source="osm",
        columns={"name": "Bezeichnung"},
        terms=simple_tariff(200, None, "CHF"),
    )
    rows = [ImportRow(number, f"p{number}", {"id": f"p{number}"}) for number in (1, 2)]
    warnings = [RowWarning(2, "p2", "far"), RowWarning(1, "p1", "swapped")]
    settled = replace(state, created=2, warned=2, not_honoured={"fee": 2})
    async with open_work(THE_SERVICE) as work:
        await work.imports.add(state, rows, [])
        assert await work.imports.get(state.id) == state
        await work.imports.settle(settled, rows, [], warnings)
    async with open_work(THE_SERVICE) as work:
        assert await work.imports.get(state.id) == settled
        assert list(await work.imports.warnings(state.id, after=0, limit=9)) == warnings[::-1]
        assert list(await work.imports.warnings(state.id, after=1, limit=9)) == warnings[:1]
        assert list(await work.imports.warnings(new_id(), after=0, limit=9)) == []


async def test_an_import_goes_row_by_row(open_work: OpenWork) -> None:
    organization_id = await kept_organization(open_work)
    state = ImportState(new_id(), organization_id, "Europe/Berlin", None, 4, START, refused=1)
    rows = [ImportRow(number, f"p{number}", {"id": f"p{number}", "nested": [1, None]}) for number in (3, 1, 2)]
    async with open_work(THE_SERVICE) as work:
        await work.imports.add(state, rows, [RefusedRow(4, None, "the id is missing")])
    async with open_work(THE_SERVICE) as work:
        assert await work.import_jobs.claim(START, LATER) == ClaimedJob(state.id, 1)
    async with open_work(THE_SERVICE) as work:
        assert await work.import_jobs.claim(START, LATER) is None, "it is someone else's"
        assert await work.import_jobs.claim(LATER, LATER + HOUR) == ClaimedJob(state.id, 2)
        assert await work.import_jobs.lock(state.id)
        assert await work.imports.get(state.id) == state
        first = await work.imports.next_rows(state.id, 2)
        assert list(first) == [rows[1], rows[2]]
        await work.imports.settle(replace(state, created=1, refused=2), first, [RefusedRow(2, "p2", "no")])
        await work.import_jobs.advance(state.id)
    async with open_work(THE_SERVICE) as work:
        assert await work.import_jobs.claim(START, LATER) == ClaimedJob(state.id, 1), "due again at once"
        assert list(await work.imports.next_rows(state.id, 2)) == [rows[0]]
        done = replace(state, created=2, refused=2, status=JobStatus.DONE, ended_at=LATER)
        await work.imports.settle(done, [rows[0]], [])
        await work.import_jobs.end(state.id, LATER)
        assert await work.imports.get(state.id) == done
        assert await work.import_jobs.claim(LATER, LATER + HOUR) is None
        assert not await work.import_jobs.lock(state.id)
        assert [refused.row for refused in await work.imports.refused(state.id, after=0, limit=9)] == [2, 4]
        assert [refused.row for refused in await work.imports.refused(state.id, after=0, limit=1)] == [2]
        assert [refused.row for refused in await work.imports.refused(state.id, after=2, limit=1)] == [4]
        assert await work.imports.refused(state.id, after=4, limit=1) == []
        with pytest.raises(UnknownImport):
            await work.imports.get(new_id())
