"""See `parking_service.application.ports.supply`."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from services.parking.tests.contract.test_work import kept_lot
from services.parking.tests.fakes.clock import START

from parking_chassis.ids import new_id
from parking_kernel.askers import THE_SERVICE
from parking_kernel.jobs import JobStatus
from parking_kernel.opening_hours import opening_hours
from parking_service.application.ports import OpenWork
from parking_service.domain.bookings import ENDED, KEPT, Booking
from parking_service.domain.errors import UnknownSupplyChange
from parking_service.domain.imports import ImportState
from parking_service.domain.supply import SupplyChangeState, SupplyLoss, SupplyProgress
from parking_service.domain.values import AffectedPolicy

HOUR = timedelta(hours=1)
LOT_ID, SPOT_ID = new_id(), new_id()


def booking(starts_at: datetime = START, status: str = "confirmed", **changes: Any) -> Booking:
    known = Booking(new_id(), LOT_ID, SPOT_ID, "S0001", status, starts_at, starts_at + HOUR, 2, START)
    return replace(known, **changes)


async def keep(open_work: OpenWork, *bookings: Booking) -> None:
    async with open_work(THE_SERVICE) as work:
        await work.bookings.keep(bookings)


async def test_bookings_that_need_supply_are_found_by_lot_and_spot(open_work: OpenWork) -> None:
    future, other_spot = booking(), booking(spot_id=new_id())
    inside, pending = booking(START - 2 * HOUR, "active"), booking(status="pending")
    await keep(open_work, future, other_spot, inside, pending, booking(START - HOUR), booking(parking_lot_id=new_id()))
    await keep(open_work, *(booking(status=status) for status in ENDED))
    async with open_work(THE_SERVICE) as work:
        found = await work.bookings.needing_supply(LOT_ID, START)
        assert sorted(found, key=str) == sorted([future, other_spot, inside, pending], key=str)
        of_spot = await work.bookings.needing_supply(LOT_ID, START, [SPOT_ID, new_id()])
        assert sorted(of_spot, key=str) == sorted([future, inside, pending], key=str)
        assert list(await work.bookings.needing_supply(LOT_ID, START, [])) == []


async def test_a_booking_is_kept_at_its_newest_version(open_work: OpenWork) -> None:
    first = booking()
    moved = replace(first, spot_id=new_id(), spot_number="S0002", version=3, committed_at=START + HOUR)
    async with open_work(THE_SERVICE) as work:
        assert await work.bookings.as_of() is None
    await keep(open_work)
    await keep(open_work, first, moved, first)
    await keep(open_work, replace(moved, spot_number="the same again"))
    async with open_work(THE_SERVICE) as work:
        assert await work.bookings.needing_supply(LOT_ID, START) == [moved]
        assert await work.bookings.as_of() == START + HOUR


async def test_what_is_over_is_purged_and_nothing_else(open_work: OpenWork) -> None:
    before, long_ago = START - KEPT, START - KEPT - HOUR
    kept = [
        booking(long_ago - HOUR),  # something was published of it since
        booking(long_ago - HOUR, "active", committed_at=long_ago),
        booking(START, "confirmed", committed_at=long_ago),
    ]
    gone = [
        booking(long_ago - HOUR, committed_at=long_ago),
        *(booking(START, status, committed_at=long_ago) for status in ENDED),
    ]
    await keep(open_work, *kept, *gone)
    async with open_work(THE_SERVICE) as work:
        assert await work.bookings.purge(before, 3) == 3
        assert await work.bookings.purge(before, 3) == 2
        assert await work.bookings.purge(before, 3) == 0
        left = await work.bookings.needing_supply(LOT_ID, START - 2 * KEPT)
    assert {each.reservation_id for each in left} == {each.reservation_id for each in kept}


async def kept_change(open_work: OpenWork, **changes: Any) -> SupplyChangeState:
    lot = (await kept_lot(open_work)).state
    progress = SupplyProgress(total=3)
    loss = SupplyLoss(lot.id, lot.organization_id)
    change = SupplyChangeState(new_id(), loss, AffectedPolicy.REFUND, START, progress)
    change = replace(change, **changes)
    async with open_work(THE_SERVICE) as work:
        await work.supply_changes.add(change)
    return change


async def test_a_supply_change_is_shown_as_far_as_reservation_is(open_work: OpenWork) -> None:
    change = await kept_change(open_work)
    newest = SupplyProgress(4, 1, 2, 1, 0, JobStatus.DONE, START + HOUR, version=5)

    async def read(change_id: UUID = change.id) -> SupplyChangeState:
        async with open_work(THE_SERVICE) as work:
            return await work.supply_changes.get(change_id)

    assert await read() == change
    for progress in (
        SupplyProgress(4, 1, version=2),
        newest,
        SupplyProgress(4, 1, 1, version=3),
        replace(newest, moved=9),
    ):
        async with open_work(THE_SERVICE) as work:
            await work.supply_changes.advance(change.id, progress)
            await work.supply_changes.advance(new_id(), progress)  # of no change that parking made
    assert await read() == replace(change, progress=newest)
    with pytest.raises(UnknownSupplyChange):
        await read(new_id())


async def test_supply_changes_that_ended_long_ago_are_purged_and_those_that_run_are_not(open_work: OpenWork) -> None:
    def ended(at: datetime) -> SupplyProgress:
        return SupplyProgress(1, 1, status=JobStatus.DONE, ended_at=at, version=3)

    gone = [await kept_change(open_work, progress=ended(START - each * HOUR)) for each in (3, 2, 1)]
    stays = [await kept_change(open_work, progress=each) for each in (ended(START), SupplyProgress(total=3))]
    async with open_work(THE_SERVICE) as work:
        assert await work.supply_changes.purge(START, 2) == 2
        assert await work.supply_changes.get(gone[-1].id), "the oldest go first"
        assert await work.supply_changes.purge(START, 2) == 1
        assert await work.supply_changes.purge(START, 2) == 0
        assert [await work.supply_changes.get(each.id) for each in stays] == stays
        for each in gone:
            with pytest.raises(UnknownSupplyChange):
                await work.supply_changes.get(each.id)


async def test_the_running_changes_of_a_lot_are_found_with_what_they_took(open_work: OpenWork) -> None:
    lot = (await kept_lot(open_work)).state
    hours = opening_hours({"mon": [("06:00", "22:00")]}, [(START.date(), [])], "")
    losses = [
        SupplyLoss(lot.id, lot.organization_id, whole_lot=True),
        SupplyLoss(lot.id, lot.organization_id, spot_ids=frozenset({new_id(), new_id()})),
        SupplyLoss(lot.id, lot.organization_id, new_hours=hours, time_zone="Europe/Zurich"),
    ]
    running = [await kept_change(open_work, loss=loss) for loss in losses]
    done = SupplyProgress(1, 1, status=JobStatus.DONE, ended_at=START, version=2)
    await kept_change(open_work, loss=losses[0], progress=done)
    await kept_change(open_work)
    async with open_work(THE_SERVICE) as work:
        assert await work.supply_changes.running(lot.id) == running
        assert list(await work.supply_changes.running(new_id())) == []


async def test_an_import_knows_its_supply_changes(open_work: OpenWork) -> None:
    organization_id = (await kept_change(open_work)).loss.organization_id
    state = ImportState(new_id(), organization_id, None, None, 0, START, affected=AffectedPolicy.MOVE)
    async with open_work(THE_SERVICE) as work:
        await work.imports.add(state, [], [])
    ids = [(await kept_change(open_work, import_id=state.id)).id for _ in range(3)]
    async with open_work(THE_SERVICE) as work:
        assert list(await work.supply_changes.of_import(state.id, 2)) == ids[:2]
        assert list(await work.supply_changes.of_import(new_id(), 2)) == []
        assert await work.imports.get(state.id) == state
