"""The repositories, on the fake and on PostgreSQL: what the fake allows, the database must allow, and no more."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from services.reservation.tests.contract.stores import Store
from services.reservation.tests.examples import START, ZURICH, hourly, lot_copy, period, spot_copy

from parking_kernel.askers import THE_SERVICE
from parking_kernel.concurrency import ChangedMeanwhile
from parking_kernel.money import Money
from parking_kernel.opening_hours import opening_hours
from reservation_service.application.ports import Order, ReservationFilter, SpotRequest
from reservation_service.domain.errors import UnknownLot, UnknownReservation, UnknownSpot
from reservation_service.domain.incoming_payments import TakenIn
from reservation_service.domain.lots import Closure
from reservation_service.domain.refund_orders import RefundReason
from reservation_service.domain.reservations import HOLD, Reservation, ReservationStatus

HOUR = timedelta(hours=1)


class TestCopies:
    async def test_a_lot_comes_back_as_it_was_published(self, store: Store) -> None:
        hours = opening_hours({"mon": [("06:00", "24:00")]}, [(START.date(), [])], "")
        closures = (Closure(START, None), Closure(START, START + HOUR))
        changed = replace(store.lot, opening_hours=hours, closures=closures, is_open=False, version=2)
        async with store.work(THE_SERVICE) as work:
            await work.copies.keep_lot(changed)
            lot = await work.lots.get(store.lot.id)
        assert (lot.opening_hours, tuple(lot.closures), lot.is_open, lot.zone) == (hours, closures, False, ZURICH)
        assert lot.priced_by.id == store.lot.tariff_id

    async def test_older_and_repeated_versions_change_nothing(self, store: Store) -> None:
        async with store.work(THE_SERVICE) as work:
            await work.copies.keep_lot(replace(store.lot, name="third", version=3))
            await work.copies.keep_lot(replace(store.lot, name="second", version=2))
            await work.copies.keep_lot(replace(store.lot, name="third again", version=3))
            assert (await work.lots.get(store.lot.id)).name == "third"
            spot = spot_copy(store.lot.id, "9")
            await work.copies.keep_spots([replace(spot, version=2, in_service=False)])
            await work.copies.keep_spots([spot])
            twice = spot_copy(store.lot.id, "10")
            await work.copies.keep_spots([twice, replace(twice, version=2, in_service=False), twice])
            await work.copies.keep_spots([])
            free = await work.timetable.free_spots(store.lot.id, period(), None)
            assert not {"9", "10"} & {each.number for each in free}

    async def test_a_tariff_version_never_changes(self, store: Store) -> None:
        assert store.lot.tariff_id is not None
        async with store.work(THE_SERVICE) as work:
            await work.copies.keep_tariff(replace(hourly(999), id=store.lot.tariff_id))
            tariff, zone = await work.lots.pinned_tariff(store.lot.id, store.lot.tariff_id)
        assert (tariff.lines[0].amount, zone) == (200, ZURICH)

    async def test_what_is_not_there(self, store: Store) -> None:
        async with store.work(THE_SERVICE) as work:
            with pytest.raises(UnknownLot):
                await work.lots.get(uuid4())
            with pytest.raises(UnknownLot):
                await work.lots.pinned_tariff(store.lot.id, uuid4())

    async def test_a_lot_may_come_before_its_tariff(self, store: Store) -> None:
        async with store.work(THE_SERVICE) as work:
            lot = lot_copy(None, tariff_id=uuid4())
            await work.copies.keep_lot(lot)
            assert (await work.lots.get(lot.id)).tariff is None

    async def test_open_lots_nearby_the_nearest_first(self, store: Store) -> None:
        tariff = hourly(300)
        async with store.work(THE_SERVICE) as work:
            await work.copies.keep_tariff(tariff)
            for north, changes in ((0.02, {}), (0.01, {}), (0.005, {"is_open": False}), (0.001, {"tariff_id": None})):
                await work.copies.keep_lot(lot_copy(tariff, latitude=47.38 + north, **changes))
            near = await work.lots.near(store.lot.id, 5)
            assert [round(metres, -2) for _, metres in near] == [1100, 2200]
            assert near[0][0].priced_by.tariff.lines[0].amount == 300
            assert len(await work.lots.near(store.lot.id, 1)) == 1


class TestAllocations:
    @pytest.mark.parametrize(
        ("start", "hours", "is_free"),
        [
            pytest.param(START, 3, False, id="the same time"),
            pytest.param(START + HOUR, 1, False, id="within"),
            pytest.param(START - HOUR, 5, False, id="around"),
            pytest.param(START - HOUR, 1.01, False, id="over the start"),
            pytest.param(START + 2.99 * HOUR, 1, False, id="over the end"),
            pytest.param(START - HOUR, 1, True, id="up to the start"),
            pytest.param(START + 3 * HOUR, 1, True, id="from the end on"),
        ],
    )
    async def test_time_is_taken_once(self, store: Store, start: datetime, hours: float, is_free: bool) -> None:
        await store.booked(store.spots[0])
        other = await store.reservation(store.spots[0], period(hours, start))
        async with store.work(THE_SERVICE) as work:
            free = await work.timetable.free_spots(store.lot.id, other.state.period, None)
            assert (store.spots[0] in free) is is_free
            assert await work.timetable.take(other.state) is is_free

    async def test_freed_time_can_be_taken_again(self, store: Store) -> None:
        first, second = await store.booked(store.spots[0]), await store.reservation(store.spots[0])
        async with store.work(THE_SERVICE) as work:
            await work.timetable.release(first.state.id)
            assert await work.timetable.take(second.state)

    async def test_one_free_spot_for_a_request(self, store: Store) -> None:
        async with store.work(THE_SERVICE) as work:
            spot_request = SpotRequest(store.lot.id, period())
            assert await work.timetable.free_spot(spot_request) == store.spots[0]
            assert await work.timetable.free_spot(replace(spot_request, spot_type="accessible")) == store.spots[2]
            assert await work.timetable.free_spot(replace(spot_request, spot_type="compact")) is None
        for spot in store.spots[:2]:
            await store.booked(spot)
        async with store.work(THE_SERVICE) as work:
            assert await work.timetable.free_spot(spot_request) is None

    async def test_a_spot_of_a_type_that_came_later_is_given_to_nobody(self, store: Store) -> None:
        """Parking knows a type that this release does not: no event of ours could name such a spot."""
        later = spot_copy(store.lot.id, "0", "added_later")
        async with store.work(THE_SERVICE) as work:
            await work.copies.keep_spots([later])
            spot_request = SpotRequest(store.lot.id, period())
            assert await work.timetable.free_spots(store.lot.id, spot_request.period, None) == store.spots
            assert await work.timetable.free_spot(spot_request) == store.spots[0]
        assert set((await store.bookings.find(spot_request, 8)).spots) == set(store.spots[:2])
        free = await store.bookings.free_spots(spot_request, 10, None)
        assert (free.spots, free.count) == (store.spots, len(store.spots))
        with pytest.raises(UnknownSpot):
            await store.bookings.find(replace(spot_request, spot_id=later.id), 8)


class TestReservations:
    async def test_all_of_it_comes_back(self, store: Store) -> None:
        booked = await store.booked(store.spots[0])
        async with store.work(THE_SERVICE) as work:
            assert await work.reservations.read(booked.state.id) == booked.state
            loaded = await work.reservations.get(booked.state.id)
            loaded.settle(booked.state.charges[0].id, uuid4(), booked.state.owed, START)
            loaded.give_back(uuid4(), Money(5, "CHF"), RefundReason.NOT_OWED, START)
            loaded.check_in(uuid4(), START)
            await work.reservations.save(loaded)
        async with store.work(THE_SERVICE) as work:
            assert await work.reservations.read(booked.state.id) == loaded.state

    async def test_several_at_once(self, store: Store) -> None:
        booked = [await store.booked(spot) for spot in store.spots[:2]]
        async with store.work(THE_SERVICE) as work:
            loaded = await work.reservations.get_all([each.state.id for each in booked])
            assert {known: each.state for known, each in loaded.items()} == {
                each.state.id: each.state for each in booked
            }
            assert await work.reservations.get_all([]) == {}
            with pytest.raises(UnknownReservation):
                await work.reservations.get_all([booked[0].state.id, uuid4()])

    async def test_two_that_changed_the_same_version(self, store: Store) -> None:
        booked = await store.booked(store.spots[0])
        one, other = Reservation(booked.state), Reservation(booked.state)
        one.cancel(START)
        other.cancel(START)
        async with store.work(THE_SERVICE) as work:
            await work.reservations.save(one)
        async with store.work(THE_SERVICE) as work:
            with pytest.raises(ChangedMeanwhile):
                await work.reservations.save(other)

    async def test_what_is_not_there(self, store: Store) -> None:
        async with store.work(THE_SERVICE) as work:
            with pytest.raises(UnknownReservation):
                await work.reservations.get(uuid4())
            with pytest.raises(UnknownReservation):
                await work.reservations.read(uuid4())

    async def test_a_block_that_raises_leaves_nothing(self, store: Store) -> None:
        booked = await store.booked(store.spots[0])

        async def fail() -> None:
            async with store.work(THE_SERVICE) as work:
                await work.timetable.release(booked.state.id)
                raise RuntimeError

        with pytest.raises(RuntimeError):
            await fail()
        async with store.work(THE_SERVICE) as work:
            assert store.spots[0] not in await work.timetable.free_spots(store.lot.id, period(), None)

    async def test_pages(self, store: Store) -> None:
        mine = uuid4()
        made = [(await store.booked(spot, user_id=mine)).state for spot in store.spots]
        await store.booked(store.spots[0], period(3, START + 3 * HOUR))
        newest_first = sorted(made, key=lambda state: (state.created_at, state.id), reverse=True)
        async with store.work(THE_SERVICE) as work:
            assert list(await work.reservations.of_user(mine, None, 2)) == newest_first[:2]
            after = (newest_first[1].created_at, newest_first[1].id)
            assert list(await work.reservations.of_user(mine, after, 2)) == newest_first[2:]
            assert len(await work.reservations.of_lot(store.lot.id, None, 10)) == 4
            assert await work.reservations.of_lot(uuid4(), None, 10) == []

    async def test_lists_are_filtered(self, store: Store) -> None:
        mine = uuid4()
        early = (await store.booked(store.spots[0], user_id=mine)).state
        late = (await store.booked(store.spots[0], period(1, START + 3 * HOUR), user_id=mine)).state
        pending = frozenset({ReservationStatus.PENDING})
        for only, found in (
            (ReservationFilter(pending), {early.id, late.id}),
            (ReservationFilter(frozenset({ReservationStatus.ACTIVE})), set[UUID]()),
            (ReservationFilter(starts_at=START + 3 * HOUR), {late.id}),
            (ReservationFilter(ends_at=START + 3 * HOUR), {early.id}),
            (ReservationFilter(starts_at=START + 2 * HOUR, ends_at=START + 4 * HOUR), {early.id, late.id}),
            (ReservationFilter(spot_id=store.spots[0].id), {early.id, late.id}),
            (ReservationFilter(spot_id=store.spots[1].id), set[UUID]()),
            (ReservationFilter(plate="ZH-1"), {early.id, late.id}),
            (ReservationFilter(plate="ZH 2"), set[UUID]()),
        ):
            async with store.work(THE_SERVICE) as work:
                assert {each.id for each in await work.reservations.of_user(mine, None, 9, only)} == found
                assert {each.id for each in await work.reservations.of_lot(store.lot.id, None, 9, only)} == found

    async def test_lists_are_sorted_by_start_and_go_on_after_a_position(self, store: Store) -> None:
        starts = [START + hours * HOUR for hours in (3, 0, 6)]
        for start in starts:
            await store.booked(store.spots[0], period(3, start))
        for order, expected in (
            (Order.BY_START, sorted(starts)),
            (Order.LATEST_START_FIRST, sorted(starts, reverse=True)),
        ):
            only = ReservationFilter(order=order)
            async with store.work(THE_SERVICE) as work:
                first = await work.reservations.of_lot(store.lot.id, None, 2, only)
                rest = await work.reservations.of_lot(store.lot.id, only.position_of(first[-1]), 2, only)
            assert [each.period.starts_at for each in (*first, *rest)] == expected

    async def test_lots_are_named_by_their_ids(self, store: Store) -> None:
        async with store.work(THE_SERVICE) as work:
            assert await work.lots.names({store.lot.id, uuid4()}) == {store.lot.id: store.lot.name}

    async def test_overdue_holds(self, store: Store) -> None:
        first = (await store.booked(store.spots[0])).state
        second = (await store.booked(store.spots[1], period(3, START + 3 * HOUR))).state
        due = max(first.created_at, second.created_at) + HOLD
        async with store.work(THE_SERVICE) as work:
            in_order = sorted((each.created_at + HOLD, each.id) for each in (first, second))
            assert await work.reservations.due_holds(due, None, 10) == in_order
            assert await work.reservations.due_holds(due, None, 1) == in_order[:1]
            assert await work.reservations.due_holds(due, in_order[0], 10) == in_order[1:]
            overdue = await work.reservations.overdue_of([second.id, first.id], due)
            assert [(each.state.hold_expires_at, each.state.id) for each in overdue] == in_order
            (one,) = await work.reservations.overdue_of([second.id], due)
            assert one.state == second
            assert await work.reservations.overdue_of([first.id], first.created_at) == []
            assert await work.reservations.hold_is_overdue(due)
            assert not await work.reservations.hold_is_overdue(first.created_at)
            assert await work.reservations.due_holds(first.created_at, None, 10) == []
            spot_request = SpotRequest(store.lot.id, period())
            (in_the_way,) = await work.reservations.overdue(due, 10, spot_request)
            assert in_the_way.state.id == first.id
            elsewhere = replace(spot_request, spot_id=store.spots[1].id)
            assert await work.reservations.overdue(due, 10, elsewhere) == []

    async def test_missed_ones(self, store: Store) -> None:
        booked = await store.booked(store.spots[0])
        async with store.work(THE_SERVICE) as work:
            end = START + 3 * HOUR
            assert await work.reservations.missed(end, None, 10) == []
            booked = await work.reservations.get(booked.state.id)
            booked.settle(booked.state.charges[0].id, uuid4(), booked.state.owed, START)
            await work.reservations.save(booked)
            assert await work.reservations.missed(end - timedelta(seconds=1), None, 10) == []
            assert await work.reservations.missed(end, None, 10) == [(end, booked.state.id)]
            assert await work.reservations.missed(end, (end, booked.state.id), 10) == []

    async def test_missed_ones_come_in_pages_the_oldest_first(self, store: Store) -> None:
        when = [period(3), period(3), period(2)]
        booked = [await store.booked(spot, each) for spot, each in zip(store.spots, when, strict=True)]
        async with store.work(THE_SERVICE) as work:
            for each in booked:
                loaded = await work.reservations.get(each.state.id)
                loaded.settle(loaded.state.charges[0].id, uuid4(), loaded.state.owed, START)
                await work.reservations.save(loaded)
            expected = sorted((each.state.period.ends_at, each.state.id) for each in booked)
            first = await work.reservations.missed(START + 3 * HOUR, None, 2)
            assert first == expected[:2]
            assert await work.reservations.missed(START + 3 * HOUR, first[-1], 2) == expected[2:]

    async def test_payments_are_seen_further_and_further(self, store: Store) -> None:
        async with store.work(THE_SERVICE) as work:
            later = TakenIn((await work.payment_watermark.read()).until + HOUR, frozenset({uuid4(), uuid4()}))
            await work.payment_watermark.advance(later)
            await work.payment_watermark.advance(TakenIn(later.until - HOUR))
            assert await work.payment_watermark.read() == later
            last = TakenIn(later.until + HOUR)
            await work.payment_watermark.advance(last)
            assert await work.payment_watermark.read() == last

    async def test_a_hold_of_a_held_reservation_is_neither_due_nor_in_the_way(self, store: Store) -> None:
        held, other = [(await store.booked(spot)).state for spot in store.spots[:2]]
        due = max(held.created_at, other.created_at) + HOLD
        async with store.work(THE_SERVICE) as work:
            ((_, overdue),) = await work.reservations.due_holds(due, None, 10, held={held.id})
            assert overdue == other.id
            assert await work.reservations.due_holds(due, None, 10, held={held.id, other.id}) == []
            spot_request = SpotRequest(store.lot.id, period())
            (in_the_way,) = await work.reservations.overdue(due, 10, spot_request, held={held.id})
            assert in_the_way.state.id == other.id
            assert await work.reservations.overdue(due, 10, spot_request, held={held.id, other.id}) == []
            assert await work.reservations.hold_is_overdue(due)
