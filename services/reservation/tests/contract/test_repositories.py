"""The repositories, on the fake and on PostgreSQL: what the fake allows, the database must allow, and no more."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from services.reservation.tests.examples import START, ZURICH, hourly, lot_copy, period, spot_copy
from services.reservation.tests.fakes.clock import FakeClock
from services.reservation.tests.fakes.postgres.bookings import InMemoryBookings
from services.reservation.tests.fakes.postgres.tables import Tables
from services.reservation.tests.fakes.postgres.unit_of_work import in_memory_work

from parking_chassis.database import PoolSettings, create_engine
from reservation_service.adapters.postgres.booking_pool import BookingPool
from reservation_service.adapters.postgres.bookings import PostgresBookings
from reservation_service.adapters.postgres.unit_of_work import postgres_work
from reservation_service.application.ports import Answer, Bookings, KeyReused, LotCopy, OpenWork, RequestKey, Wish
from reservation_service.domain.errors import ChangedMeanwhile, UnknownLot, UnknownReservation, UnknownSpot
from reservation_service.domain.lots import Closure, OpenFor, OpeningHours, Spot
from reservation_service.domain.money import Money
from reservation_service.domain.periods import Period
from reservation_service.domain.pricing import price
from reservation_service.domain.reservations import HOLD, Reservation

HOUR = timedelta(hours=1)


@dataclass
class Store:
    """One of the two, with a lot of two standard spots and an accessible one."""

    work: OpenWork
    bookings: Bookings
    lot: LotCopy
    spots: list[Spot]

    async def reservation(self, spot: Spot, when: Period | None = None, user_id: UUID | None = None) -> Reservation:
        async with self.work() as work:
            lot = await work.lots.get(self.lot.id)
            at = await work.time.now()
        when = when or period()
        cost = price(lot.priced_by, when, lot.zone)
        return Reservation.hold(
            uuid4(),
            user_id=user_id or uuid4(),
            lot=lot,
            spot=spot,
            period=when,
            price=cost,
            charge_id=uuid4(),
            vehicle_plate="ZH 1",
            at=at,
        )

    async def booked(self, spot: Spot, when: Period | None = None, **more: Any) -> Reservation:
        reservation = await self.reservation(spot, when, **more)
        answer = Answer(201, b"booked")
        assert await self.bookings.book(reservation, key(), answer) == answer
        return reservation


def key(name: str | None = None, fingerprint: bytes = b"1", scope: str = "driver") -> RequestKey:
    return RequestKey(scope, name or str(uuid4()), fingerprint)


@asynccontextmanager
async def on_postgres(url: str) -> AsyncIterator[tuple[OpenWork, Bookings]]:
    engine, pool = create_engine(url, "contract", PoolSettings(5)), BookingPool(url, 5, 5.0)
    try:
        yield postgres_work(engine), PostgresBookings(pool)
    finally:
        await pool.close()
        await engine.dispose()


@asynccontextmanager
async def in_memory() -> AsyncIterator[tuple[OpenWork, Bookings]]:
    tables, clock = Tables(), FakeClock()
    yield in_memory_work(tables, clock), InMemoryBookings(tables, clock)


@pytest_asyncio.fixture(params=["in memory", "postgres"])
async def store(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[Store]:
    opened = in_memory() if request.param == "in memory" else on_postgres(database_url)
    async with opened as (work, bookings):
        tariff = hourly()
        lot = lot_copy(tariff)
        copies = [spot_copy(lot.id, *each) for each in (("1",), ("2",), ("3", "accessible"))]
        async with work() as within:
            await within.copies.keep_tariff(tariff)
            await within.copies.keep_lot(lot)
            await within.copies.keep_spots(copies)
        yield Store(work, bookings, lot, [Spot(each.id, each.number, each.type) for each in copies])


class TestCopies:
    async def test_a_lot_comes_back_as_it_was_told(self, store: Store) -> None:
        hours = OpeningHours({1: [OpenFor("06:00", "24:00")]}, {START.date(): []})
        closures = (Closure(START, None), Closure(START, START + HOUR))
        changed = replace(store.lot, opening_hours=hours, closures=closures, is_open=False, version=2)
        async with store.work() as work:
            await work.copies.keep_lot(changed)
            lot = await work.lots.get(store.lot.id)
        assert (lot.opening_hours, tuple(lot.closures), lot.is_open, lot.zone) == (hours, closures, False, ZURICH)
        assert lot.priced_by.id == store.lot.tariff_id

    async def test_older_and_repeated_versions_change_nothing(self, store: Store) -> None:
        async with store.work() as work:
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
            free = await work.allocations.free_spots(store.lot.id, period(), None)
            assert not {"9", "10"} & {each.number for each in free}

    async def test_a_tariff_version_never_changes(self, store: Store) -> None:
        assert store.lot.tariff_id is not None
        async with store.work() as work:
            await work.copies.keep_tariff(replace(hourly(999), id=store.lot.tariff_id))
            tariff, zone = await work.lots.pinned_tariff(store.lot.id, store.lot.tariff_id)
        assert (tariff.lines[0].amount, zone) == (200, ZURICH)

    async def test_what_is_not_there(self, store: Store) -> None:
        async with store.work() as work:
            with pytest.raises(UnknownLot):
                await work.lots.get(uuid4())
            with pytest.raises(UnknownLot):
                await work.lots.pinned_tariff(store.lot.id, uuid4())

    async def test_a_lot_may_come_before_its_tariff(self, store: Store) -> None:
        async with store.work() as work:
            await work.copies.keep_lot(replace(store.lot, tariff_id=uuid4(), version=2))
            assert (await work.lots.get(store.lot.id)).tariff is None

    async def test_open_lots_nearby_the_nearest_first(self, store: Store) -> None:
        tariff = hourly(300)
        async with store.work() as work:
            await work.copies.keep_tariff(tariff)
            for north, changes in ((0.02, {}), (0.01, {}), (0.005, {"is_open": False}), (0.001, {"tariff_id": None})):
                await work.copies.keep_lot(lot_copy(tariff, latitude=47.38 + north, **changes))
            near = await work.lots.near(store.lot.id, 5)
            assert [round(metres, -2) for _, metres in near] == [1100, 2200]
            assert near[0][0].priced_by.lines[0].amount == 300
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
        async with store.work() as work:
            free = await work.allocations.free_spots(store.lot.id, other.state.period, None)
            assert (store.spots[0] in free) is is_free
            assert await work.allocations.take(other.state) is is_free

    async def test_freed_time_can_be_taken_again(self, store: Store) -> None:
        first, second = await store.booked(store.spots[0]), await store.reservation(store.spots[0])
        async with store.work() as work:
            await work.allocations.free(first.state.id)
            assert await work.allocations.take(second.state)

    async def test_one_free_spot_for_a_wish(self, store: Store) -> None:
        async with store.work() as work:
            wish = Wish(store.lot.id, period())
            assert await work.allocations.free_spot(wish) == store.spots[0]
            assert await work.allocations.free_spot(replace(wish, spot_type="accessible")) == store.spots[2]
            assert await work.allocations.free_spot(replace(wish, spot_type="compact")) is None
        for spot in store.spots[:2]:
            await store.booked(spot)
        async with store.work() as work:
            assert await work.allocations.free_spot(wish) is None

    async def test_a_spot_of_a_type_that_came_later_is_given_to_nobody(self, store: Store) -> None:
        """Parking knows a type that this release does not: no event of ours could name such a spot."""
        later = spot_copy(store.lot.id, "0", "added_later")
        async with store.work() as work:
            await work.copies.keep_spots([later])
            wish = Wish(store.lot.id, period())
            assert await work.allocations.free_spots(store.lot.id, wish.period, None) == store.spots
            assert await work.allocations.free_spot(wish) == store.spots[0]
        assert set((await store.bookings.find(wish, 8)).spots) == set(store.spots[:2])
        _, spots, _ = await store.bookings.free_spots(wish)
        assert spots == store.spots
        with pytest.raises(UnknownSpot):
            await store.bookings.find(replace(wish, spot_id=later.id), 8)


class TestReservations:
    async def test_all_of_it_comes_back(self, store: Store) -> None:
        booked = await store.booked(store.spots[0])
        async with store.work() as work:
            assert await work.reservations.read(booked.state.id) == booked.state
            loaded = await work.reservations.get(booked.state.id)
            loaded.settle(booked.state.charges[0].id, uuid4(), booked.state.owed, START)
            loaded.give_back(uuid4(), Money(5, "CHF"), "not_owed", START)
            loaded.check_in(uuid4(), START)
            await work.reservations.save(loaded)
        async with store.work() as work:
            assert await work.reservations.read(booked.state.id) == loaded.state

    async def test_several_at_once(self, store: Store) -> None:
        booked = [await store.booked(spot) for spot in store.spots[:2]]
        async with store.work() as work:
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
        async with store.work() as work:
            await work.reservations.save(one)
        async with store.work() as work:
            with pytest.raises(ChangedMeanwhile):
                await work.reservations.save(other)

    async def test_what_is_not_there(self, store: Store) -> None:
        async with store.work() as work:
            with pytest.raises(UnknownReservation):
                await work.reservations.get(uuid4())
            with pytest.raises(UnknownReservation):
                await work.reservations.read(uuid4())

    async def test_a_block_that_raises_leaves_nothing(self, store: Store) -> None:
        booked = await store.booked(store.spots[0])

        async def fail() -> None:
            async with store.work() as work:
                await work.allocations.free(booked.state.id)
                raise RuntimeError

        with pytest.raises(RuntimeError):
            await fail()
        async with store.work() as work:
            assert store.spots[0] not in await work.allocations.free_spots(store.lot.id, period(), None)

    async def test_pages(self, store: Store) -> None:
        mine = uuid4()
        made = [(await store.booked(spot, user_id=mine)).state for spot in store.spots]
        await store.booked(store.spots[0], period(3, START + 3 * HOUR))
        newest_first = sorted(made, key=lambda state: (state.created_at, state.id), reverse=True)
        async with store.work() as work:
            assert list(await work.reservations.of_user(mine, None, 2)) == newest_first[:2]
            after = (newest_first[1].created_at, newest_first[1].id)
            assert list(await work.reservations.of_user(mine, after, 2)) == newest_first[2:]
            assert len(await work.reservations.of_lot(store.lot.id, None, 10)) == 4
            assert await work.reservations.of_lot(uuid4(), None, 10) == []

    async def test_overdue_holds(self, store: Store) -> None:
        first = (await store.booked(store.spots[0])).state
        second = (await store.booked(store.spots[1], period(3, START + 3 * HOUR))).state
        due = max(first.created_at, second.created_at) + HOLD
        async with store.work() as work:
            overdue = await work.reservations.overdue(due, 10)
            assert {each.state.id for each in overdue} == {first.id, second.id}
            assert len(await work.reservations.overdue(due, 1)) == 1
            assert await work.reservations.hold_is_overdue(due)
            assert not await work.reservations.hold_is_overdue(first.created_at)
            assert await work.reservations.overdue(first.created_at, 10) == []
            wish = Wish(store.lot.id, period())
            (in_the_way,) = await work.reservations.overdue(due, 10, wish)
            assert in_the_way.state.id == first.id
            elsewhere = replace(wish, spot_id=store.spots[1].id)
            assert await work.reservations.overdue(due, 10, elsewhere) == []

    async def test_missed_ones(self, store: Store) -> None:
        booked = await store.booked(store.spots[0])
        async with store.work() as work:
            assert await work.reservations.missed(START + 3 * HOUR, 10) == []
            booked = await work.reservations.get(booked.state.id)
            booked.settle(booked.state.charges[0].id, uuid4(), booked.state.owed, START)
            await work.reservations.save(booked)
            assert await work.reservations.missed(START + 3 * HOUR - timedelta(seconds=1), 10) == []
            assert await work.reservations.missed(START + 3 * HOUR, 10) == [booked.state.id]

    async def test_payments_are_seen_further_and_further(self, store: Store) -> None:
        async with store.work() as work:
            later = await work.payments_seen.until() + HOUR
            await work.payments_seen.note(later)
            await work.payments_seen.note(later - HOUR)
            assert await work.payments_seen.until() == later


class TestBookings:
    async def test_what_is_offered(self, store: Store) -> None:
        wish = Wish(store.lot.id, period())
        offer = await store.bookings.find(wish, 8)
        assert sorted(spot.number for spot in offer.spots) == ["1", "2"]
        assert (offer.lot.id, offer.hold_is_overdue) == (store.lot.id, False)
        assert len((await store.bookings.find(wish, 1)).spots) == 1
        assert (await store.bookings.find(replace(wish, spot_type="accessible"), 8)).spots == [store.spots[2]]
        assert (await store.bookings.find(replace(wish, spot_id=store.spots[2].id), 8)).spots == [store.spots[2]]

    async def test_a_named_spot_is_offered_free_or_not_and_others_only_if_they_are(self, store: Store) -> None:
        for spot in store.spots[:2]:
            await store.booked(spot)
        wish = Wish(store.lot.id, period())
        assert (await store.bookings.find(wish, 8)).spots == []
        taken, free = [await store.bookings.find(replace(wish, spot_id=store.spots[n].id), 8) for n in (0, 2)]
        assert (taken.spots, taken.is_taken) == ([store.spots[0]], True)
        assert (free.spots, free.is_taken) == ([store.spots[2]], False)

    async def test_all_that_is_free(self, store: Store) -> None:
        await store.booked(store.spots[0])
        lot, spots, _ = await store.bookings.free_spots(Wish(store.lot.id, period()))
        assert (lot.id, spots) == (store.lot.id, store.spots[1:])
        _, spots, _ = await store.bookings.free_spots(Wish(store.lot.id, period(), spot_type="accessible"))
        assert spots == [store.spots[2]]
        _, spots, _ = await store.bookings.free_spots(Wish(store.lot.id, period(), spot_type="motorcycle"))
        assert spots == []
        with pytest.raises(UnknownLot):
            await store.bookings.free_spots(Wish(uuid4(), period()))

    async def test_what_cannot_be_offered(self, store: Store) -> None:
        with pytest.raises(UnknownLot):
            await store.bookings.find(Wish(uuid4(), period()), 8)
        with pytest.raises(UnknownSpot):
            await store.bookings.find(Wish(store.lot.id, period(), spot_id=uuid4()), 8)

    async def test_taken_time_is_not_booked_and_its_key_stays_free(self, store: Store) -> None:
        await store.booked(store.spots[0])
        one = key("one")
        late = await store.reservation(store.spots[0])
        assert await store.bookings.book(late, one, Answer(201, b"late")) is None
        async with store.work() as work:
            with pytest.raises(UnknownReservation):
                await work.reservations.read(late.state.id)
        assert await store.bookings.earlier(one) is None

    async def test_a_repeat_gets_the_first_answer(self, store: Store) -> None:
        one, first = key("one"), Answer(201, b"first")
        assert await store.bookings.book(await store.reservation(store.spots[0]), one, first) == first
        again = await store.bookings.book(await store.reservation(store.spots[1]), one, Answer(201, b"second"))
        assert again == replace(first, replayed=True)
        assert await store.bookings.refuse(one, Answer(409, b"no")) == replace(first, replayed=True)
        assert await store.bookings.earlier(one) == replace(first, replayed=True)
        async with store.work() as work:
            assert store.spots[1] in await work.allocations.free_spots(store.lot.id, period(), None)

    async def test_a_refusal_is_kept_too(self, store: Store) -> None:
        one, refusal = key("one"), Answer(409, b"no")
        assert await store.bookings.refuse(one, refusal) == refusal
        booked = await store.bookings.book(await store.reservation(store.spots[0]), one, Answer(201, b"yes"))
        assert booked == replace(refusal, replayed=True)

    async def test_a_key_is_for_one_request_of_one_driver(self, store: Store) -> None:
        await store.bookings.refuse(key("one"), Answer(409, b"no"))
        other = key("one", fingerprint=b"2")
        with pytest.raises(KeyReused):
            await store.bookings.earlier(other)
        with pytest.raises(KeyReused):
            await store.bookings.refuse(other, Answer(409, b"no"))
        with pytest.raises(KeyReused):
            await store.bookings.book(await store.reservation(store.spots[0]), other, Answer(201, b"yes"))
        assert await store.bookings.earlier(key("one", scope="another")) is None

    async def test_answers_are_forgotten_by_age(self, store: Store) -> None:
        await store.bookings.refuse(key("one"), Answer(409, b"no"))
        assert await store.bookings.forget_answers(HOUR) == 0
        assert await store.bookings.forget_answers(-HOUR) == 1
