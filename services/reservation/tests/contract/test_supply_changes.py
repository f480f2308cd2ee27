"""Changes of supply and what they took, on the fake and on PostgreSQL."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from services.reservation.tests.contract.stores import Store, key
from services.reservation.tests.examples import START, period

from parking_kernel.askers import THE_SERVICE
from parking_kernel.changes import UnsavedChanges
from parking_kernel.opening_hours import opening_hours_of
from parking_kernel.repeatable import Answer
from reservation_service.application.ports import LotCopy, StaleCandidates
from reservation_service.domain.lots import Spot
from reservation_service.domain.supply import (
    AffectedPolicy,
    SettledBooking,
    SupplyChange,
    SupplyChangeStatus,
    SupplyOutcome,
    TakenAway,
)

MINUTE = timedelta(minutes=1)


def a_change(lot: LotCopy, affected: AffectedPolicy = AffectedPolicy.REFUND) -> SupplyChange:
    by = TakenAway(uuid4(), affected, lot.id, lot.organization_id, is_named=True)
    return SupplyChange.begun(by, START)


async def takes_out(store: Store, spot: Spot, by: UUID) -> None:
    async with store.work(THE_SERVICE) as work:
        copy = (await work.copies.spots([spot.id]))[spot.id]
        await work.copies.keep_spots([replace(copy, in_service=False, version=copy.version + 1)])
        await work.copies.note_spot_change([spot.id], by)


class TestSupplyChanges:
    async def test_one_is_stored_with_all_it_knows(self, store: Store) -> None:
        change, one, other = a_change(store.lot), uuid4(), uuid4()
        async with store.work(THE_SERVICE) as work:
            assert await work.supply_changes.add(change)
        async with store.work(THE_SERVICE) as work:
            assert await work.supply_changes.policy(change.state.id) is AffectedPolicy.REFUND
            found = await work.supply_changes.get(change.state.id)
            assert found.state == change.state
            found.look([one, other], START, START + MINUTE)
            found.settle(one, SupplyOutcome.REFUNDED, START)
            found.settle(other, SupplyOutcome.WAITING_FOR_EXIT, START)
            await work.supply_changes.save(found)
        async with store.work(THE_SERVICE) as work:
            again = (await work.supply_changes.get(change.state.id)).state
        assert again == found.state
        assert (again.total, again.refunded, again.waiting, again.version) == (2, 1, {other}, 3)
        assert again.last == SettledBooking(other, SupplyOutcome.WAITING_FOR_EXIT)

    async def test_one_that_is_there_is_not_added_again(self, store: Store) -> None:
        change = a_change(store.lot)
        async with store.work(THE_SERVICE) as work:
            assert await work.supply_changes.add(change)
        again = SupplyChange(replace(change.state, affected=AffectedPolicy.MOVE))
        async with store.work(THE_SERVICE) as work:
            assert not await work.supply_changes.add(again)
            assert await work.supply_changes.policy(change.state.id) is AffectedPolicy.REFUND

    async def test_what_happened_to_one_must_be_saved(self, store: Store) -> None:
        change = a_change(store.lot)
        async with store.work(THE_SERVICE) as work:
            await work.supply_changes.add(change)
        with pytest.raises(UnsavedChanges):
            async with store.work(THE_SERVICE) as work:
                (await work.supply_changes.get(change.state.id)).settle(uuid4(), SupplyOutcome.MOVED, START)

    async def test_a_running_one_that_is_due_is_claimed_by_one_process(self, store: Store) -> None:
        due, later, done = (a_change(store.lot) for _ in range(3))
        later.state = replace(later.state, due_at=START + MINUTE)
        done.state = replace(done.state, status=SupplyChangeStatus.DONE)
        async with store.work(THE_SERVICE) as work:
            for each in (due, later, done):
                await work.supply_changes.add(each)
        lease = START + 2 * MINUTE
        async with store.work(THE_SERVICE) as work:
            assert await work.supply_changes.claim(START, lease, 5) == [due.state.id]
        async with store.work(THE_SERVICE) as work:
            assert await work.supply_changes.claim(START, lease, 5) == []
            both = await work.supply_changes.claim(lease, lease + MINUTE, 5)
            assert both == sorted((due.state.id, later.state.id))

    async def test_those_done_long_ago_are_purged_but_not_what_a_copy_still_lacks(self, store: Store) -> None:
        old, older, running, of_lot, of_spot, of_spot_in_service, new = (a_change(store.lot) for _ in range(7))
        for each in (old, older, of_lot, of_spot, of_spot_in_service, new):
            each.state = replace(each.state, status=SupplyChangeStatus.DONE, at=START - MINUTE)
        older.state = replace(older.state, at=START - 2 * MINUTE)
        new.state = replace(new.state, at=START)
        await takes_out(store, store.spots[0], of_spot.state.id)
        async with store.work(THE_SERVICE) as work:
            for each in (old, older, running, of_lot, of_spot, of_spot_in_service, new):
                await work.supply_changes.add(each)
            await work.copies.note_spot_change([store.spots[1].id], of_spot_in_service.state.id)
            await work.copies.note_lot_change(store.lot.id, of_lot.state.id)
        async with store.work(THE_SERVICE) as work:
            assert await work.supply_changes.purge(START, 1) == 1
            assert await work.supply_changes.policy(old.state.id), "the oldest go first"
            assert await work.supply_changes.purge(START, 5) == 2
            assert await work.supply_changes.purge(START, 5) == 0
            for each in (running, of_lot, of_spot, new):
                assert (await work.supply_changes.get(each.state.id)).state.id == each.state.id


class TestWhatTheyTook:
    async def test_a_reservation_knows_what_it_stands_on(self, store: Store) -> None:
        by_spot, by_lot = uuid4(), uuid4()
        stands, lost = [(await store.booked(spot)).state for spot in store.spots[:2]]
        await takes_out(store, lost.spot, by_spot)
        async with store.work(THE_SERVICE) as work:
            supply = await work.lots.supply_of([stands, lost])
            assert (supply[stands.id].spot_is_in_service, supply[stands.id].change_of(stands)) == (True, None)
            assert (supply[lost.id].spot_is_in_service, supply[lost.id].change_of(lost)) == (False, by_spot)
            assert {each.spot_type for each in supply.values()} == {"standard"}
            assert not supply[lost.id].lot.is_retired
            await work.copies.keep_lot(replace(store.lot, version=2, is_retired=True, is_open=False))
            await work.copies.note_lot_change(store.lot.id, by_lot)
        async with store.work(THE_SERVICE) as work:
            supply = await work.lots.supply_of([stands, lost])
            assert {each.lot.is_retired for each in supply.values()} == {True}
            assert {supply[state.id].change_of(state) for state in (stands, lost)} == {by_lot}
            assert await work.lots.supply_of([]) == {}

    async def test_a_change_finds_what_stands_on_its_spots_or_lots_page_by_page(self, store: Store) -> None:
        by_spot, by_lot = uuid4(), uuid4()
        later = period(1, START + timedelta(hours=5))
        lost = [(await store.booked(store.spots[0], when)).state for when in (None, later)]
        stands = (await store.booked(store.spots[1])).state
        await takes_out(store, store.spots[0], by_spot)
        async with store.work(THE_SERVICE) as work:
            await work.copies.note_lot_change(store.lot.id, by_lot)
        async with store.work(THE_SERVICE) as work:
            find = work.reservations.on_supply_of
            assert await find(by_spot, None, 5) == sorted(lost, key=lambda each: each.id)
            assert await find(by_spot, min(each.id for each in lost), 5) == [max(lost, key=lambda each: each.id)]
            assert len(await find(by_lot, None, 2)) == 2
            assert {each.id for each in await find(by_lot, None, 5)} == {stands.id, *(each.id for each in lost)}
            assert await find(uuid4(), None, 5) == []

    async def test_copies_are_read_as_they_were_stored(self, store: Store) -> None:
        hours = opening_hours_of({"mon": [["08:00", "18:00"]], "exceptions": [{"date": "2026-12-25", "hours": []}]})
        newer = replace(store.lot, version=2, opening_hours=hours, is_retired=True)
        async with store.work(THE_SERVICE) as work:
            assert await work.copies.lot(store.lot.id) == store.lot
            await work.copies.keep_lot(newer)
            assert await work.copies.lot(store.lot.id) == newer
            assert await work.copies.lot(uuid4()) is None
            spots = await work.copies.spots([store.spots[0].id, uuid4()])
            assert [(each.number, each.in_service, each.version) for each in spots.values()] == [("1", True, 1)]


class TestBookingOnIt:
    async def test_nothing_is_booked_on_a_spot_that_is_not_as_it_was_read(self, store: Store) -> None:
        await takes_out(store, store.spots[0], uuid4())
        with pytest.raises(StaleCandidates):
            await store.booked(store.spots[0])
        async with store.work(THE_SERVICE) as work:
            assert await work.timetable.free_spots(store.lot.id, period(), "standard") == [store.spots[1]]

    async def test_nor_on_a_lot(self, store: Store) -> None:
        reservation = await store.reservation(store.spots[0])
        async with store.work(THE_SERVICE) as work:
            before = await work.lots.get(store.lot.id)
            await work.copies.keep_lot(replace(store.lot, version=2, name="Another"))
        one = key()
        with pytest.raises(StaleCandidates):
            await store.bookings.book(reservation, before, one, Answer(201, b"booked"))
        assert await store.book(reservation, one, Answer(201, b"booked")) == Answer(201, b"booked")

    async def test_no_time_is_taken_on_a_spot_out_of_service(self, store: Store) -> None:
        held = (await store.booked(store.spots[0])).state
        new = (await store.reservation(store.spots[1])).state
        await takes_out(store, store.spots[1], uuid4())
        async with store.work(THE_SERVICE) as work:
            assert not await work.timetable.take(new)
            assert not await work.timetable.move(held, store.spots[1])
            assert await work.timetable.extend(held, held.period.ends_at + MINUTE), "a car that is in stays"
