"""The hot path, on the fake and on PostgreSQL."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from services.reservation.tests.contract.stores import Store, key
from services.reservation.tests.driving import SEALER
from services.reservation.tests.examples import hourly, period, spot_copy

from parking_kernel.askers import THE_SERVICE
from parking_kernel.repeatable import Answer, KeyReused
from reservation_service.adapters.postgres.booking_pool import BookingPool
from reservation_service.adapters.postgres.bookings import PostgresBookings
from reservation_service.application.ports import SpotRequest
from reservation_service.domain.errors import UnknownLot, UnknownReservation, UnknownSpot

HOUR = timedelta(hours=1)


async def test_a_refused_one_does_not_wait_again_behind_those_that_are_new(database_url: str) -> None:
    pool, order = BookingPool(database_url, 1, 5.0), list[str]()
    bookings = PostgresBookings(pool, SEALER)

    async def attempt() -> None:
        async with bookings.attempt(SpotRequest(uuid4(), period())):
            order.append("attempted")

    async def refuse() -> None:
        await bookings.refuse(key(), Answer(409, b"no"))
        order.append("refused")

    async with pool.connection():
        new = [asyncio.create_task(attempt()) for _ in range(3)]
        await asyncio.sleep(0)
        refused = asyncio.create_task(refuse())
        await asyncio.sleep(0)
    await asyncio.gather(*new, refused)
    await pool.close()
    assert order == ["refused", *["attempted"] * 3]


class TestBookings:
    async def test_what_is_offered(self, store: Store) -> None:
        spot_request = SpotRequest(store.lot.id, period())
        candidates = await store.bookings.find(spot_request, 8)
        assert sorted(spot.number for spot in candidates.spots) == ["1", "2"]
        assert (candidates.lot.id, candidates.hold_is_overdue) == (store.lot.id, False)
        assert len((await store.bookings.find(spot_request, 1)).spots) == 1
        assert (await store.bookings.find(replace(spot_request, spot_type="accessible"), 8)).spots == [store.spots[2]]
        assert (await store.bookings.find(replace(spot_request, spot_id=store.spots[2].id), 8)).spots == [
            store.spots[2]
        ]

    async def test_a_named_spot_is_offered_free_or_not_and_others_only_if_they_are(self, store: Store) -> None:
        for spot in store.spots[:2]:
            await store.booked(spot)
        spot_request = SpotRequest(store.lot.id, period())
        assert (await store.bookings.find(spot_request, 8)).spots == []
        taken, free = [await store.bookings.find(replace(spot_request, spot_id=store.spots[n].id), 8) for n in (0, 2)]
        assert (taken.spots, taken.is_taken) == ([store.spots[0]], True)
        assert (free.spots, free.is_taken) == ([store.spots[2]], False)

    async def test_any_spot_is_standard_first_then_compact_and_no_other(self, store: Store) -> None:
        async with store.work(THE_SERVICE) as work:
            await work.copies.keep_spots([spot_copy(store.lot.id, f"c{each}", "compact") for each in range(3)])
            await work.copies.keep_spots([spot_copy(store.lot.id, "e", "ev_charging")])
        candidates = await store.bookings.find(SpotRequest(store.lot.id, period()), 8)
        assert [spot.type for spot in candidates.spots] == ["standard"] * 2 + ["compact"] * 3
        async with store.work(THE_SERVICE) as work:
            first = await work.timetable.free_spot(SpotRequest(store.lot.id, period()))
        assert first is not None
        assert first.type == "standard"

    async def test_whether_a_lot_has_such_spots_free_or_not(self, store: Store) -> None:
        for spot in store.spots[:2]:
            await store.booked(spot)
        for spot_type, has_such_spots in ((None, True), ("standard", True), ("compact", False)):
            candidates = await store.bookings.find(SpotRequest(store.lot.id, period(), spot_type=spot_type), 8)
            assert (list(candidates.spots), candidates.has_such_spots) == ([], has_such_spots)

    async def test_the_tariff_that_a_quote_names_prices_a_lot_of_another(self, store: Store) -> None:
        quoted, now = store.lot.tariff_id, hourly(900)
        async with store.work(THE_SERVICE) as work:
            await work.copies.keep_tariff(now)
            await work.copies.keep_lot(replace(store.lot, tariff_id=now.id, version=2))
        for spot_id in (None, store.spots[0].id):
            for named, priced_by in ((quoted, quoted), (None, now.id), (quoted, quoted)):
                request = SpotRequest(store.lot.id, period(), spot_id, tariff_id=named)
                found = await store.bookings.find(request, 8)
                assert (found.lot.priced_by.id, found.lot.version) == (priced_by, 2)

    async def test_all_that_is_free(self, store: Store) -> None:
        await store.booked(store.spots[0])
        free = await store.bookings.free_spots(SpotRequest(store.lot.id, period()), 10, None)
        assert (free.lot.id, free.spots, free.count) == (store.lot.id, store.spots[1:], len(store.spots) - 1)
        free = await store.bookings.free_spots(SpotRequest(store.lot.id, period(), spot_type="accessible"), 10, None)
        assert (free.spots, free.count) == ([store.spots[2]], 1)
        free = await store.bookings.free_spots(SpotRequest(store.lot.id, period(), spot_type="motorcycle"), 10, None)
        assert (free.spots, free.count) == ([], 0)
        with pytest.raises(UnknownLot):
            await store.bookings.free_spots(SpotRequest(uuid4(), period()), 10, None)

    async def test_what_is_free_page_by_page_with_the_whole_number_each_time(self, store: Store) -> None:
        every = SpotRequest(store.lot.id, period())
        first = await store.bookings.free_spots(every, 1, None)
        rest = await store.bookings.free_spots(every, 10, first.spots[0].number)
        assert [*first.spots, *rest.spots] == store.spots
        assert (len(first.spots), first.count, rest.count) == (1, len(store.spots), len(store.spots))
        last = await store.bookings.free_spots(every, 10, store.spots[-1].number)
        assert (last.spots, last.count) == ([], len(store.spots))

    async def test_what_cannot_be_offered(self, store: Store) -> None:
        with pytest.raises(UnknownLot):
            await store.bookings.find(SpotRequest(uuid4(), period()), 8)
        with pytest.raises(UnknownSpot):
            await store.bookings.find(SpotRequest(store.lot.id, period(), spot_id=uuid4()), 8)

    async def test_taken_time_is_not_booked_and_its_key_stays_free(self, store: Store) -> None:
        await store.booked(store.spots[0])
        one = key("one")
        late = await store.reservation(store.spots[0])
        assert await store.book(late, one, Answer(201, b"late")) is None
        async with store.work(THE_SERVICE) as work:
            with pytest.raises(UnknownReservation):
                await work.reservations.read(late.state.id)
        assert await store.bookings.earlier(one) is None

    async def test_a_repeat_gets_the_first_answer(self, store: Store) -> None:
        one, first = key("one"), Answer(201, b"first")
        assert await store.book(await store.reservation(store.spots[0]), one, first) == first
        again = await store.book(await store.reservation(store.spots[1]), one, Answer(201, b"second"))
        assert again == replace(first, replayed=True)
        assert await store.bookings.refuse(one, Answer(409, b"no")) == replace(first, replayed=True)
        assert await store.bookings.earlier(one) == replace(first, replayed=True)
        async with store.work(THE_SERVICE) as work:
            assert store.spots[1] in await work.timetable.free_spots(store.lot.id, period(), None)

    async def test_a_refusal_is_kept_too(self, store: Store) -> None:
        one, refusal = key("one"), Answer(409, b"no")
        assert await store.bookings.refuse(one, refusal) == refusal
        booked = await store.book(await store.reservation(store.spots[0]), one, Answer(201, b"yes"))
        assert booked == replace(refusal, replayed=True)

    async def test_a_key_is_for_one_request_of_one_driver(self, store: Store) -> None:
        await store.bookings.refuse(key("one"), Answer(409, b"no"))
        other = key("one", fingerprint=b"2")
        with pytest.raises(KeyReused):
            await store.bookings.earlier(other)
        with pytest.raises(KeyReused):
            await store.bookings.refuse(other, Answer(409, b"no"))
        with pytest.raises(KeyReused):
            await store.book(await store.reservation(store.spots[0]), other, Answer(201, b"yes"))
        assert await store.bookings.earlier(key("one", scope="another")) is None

    async def test_answers_are_purged_by_age(self, store: Store) -> None:
        await store.bookings.refuse(key("one"), Answer(409, b"no"))
        assert await store.purged(HOUR, 10) == 0
        assert await store.purged(-HOUR, 10) == 1

    async def test_no_more_answers_are_purged_than_asked_for(self, store: Store) -> None:
        for name in ("one", "two", "three"):
            await store.bookings.refuse(key(name), Answer(409, b"no"))
        assert [await store.purged(-HOUR, 2) for _ in range(3)] == [2, 1, 0]

    async def test_what_the_statements_store_is_what_the_chassis_reads(self, store: Store) -> None:
        one, two, first = key("one"), key("two"), Answer(201, b"first")
        await store.book(await store.reservation(store.spots[0]), one, first)
        async with store.work(THE_SERVICE) as work:
            assert await work.answers.claim(one) == replace(first, replayed=True)
            assert await work.answers.claim(two) is None
            await work.answers.store(two, first)
        assert await store.bookings.earlier(two) == replace(first, replayed=True)
