"""Time that is extended and moved, on the fake and on PostgreSQL."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import pytest
from services.reservation.tests.contract.stores import Store
from services.reservation.tests.examples import START, period

from parking_kernel.askers import THE_SERVICE
from parking_kernel.periods import Period
from reservation_service.application.ports import Work
from reservation_service.domain.lots import Spot
from reservation_service.domain.reservations import ReservationState

HOUR = timedelta(hours=1)
END = START + 3 * HOUR
ROUNDS = 50
Move = Callable[[Work, ReservationState, Spot], Awaitable[bool]]


async def free(store: Store, when: Period) -> Sequence[Spot]:
    """Which of the lot's spots are free."""
    async with store.work(THE_SERVICE) as work:
        return await work.timetable.free_spots(store.lot.id, when, None)


async def moved(work: Work, reservation: ReservationState, spot: Spot) -> bool:
    return await work.timetable.move(reservation, spot)


async def released_and_taken(work: Work, reservation: ReservationState, spot: Spot) -> bool:
    """A move that does not undo its first half."""
    await work.timetable.release(reservation.id)
    return await work.timetable.take(reservation.moved_to(spot))


class TestExtending:
    async def test_the_time_after_it_is_taken_as_well(self, store: Store) -> None:
        held = (await store.booked(store.spots[0])).state
        for until in (END + HOUR, END + 2 * HOUR):
            async with store.work(THE_SERVICE) as work:
                assert await work.timetable.extend(held, until)
        assert store.spots[0] not in await free(store, Period(START, START + HOUR))
        assert store.spots[0] not in await free(store, Period(END + HOUR, END + 2 * HOUR))
        assert store.spots[0] in await free(store, Period(END + 2 * HOUR, END + 3 * HOUR))
        async with store.work(THE_SERVICE) as work:
            await work.timetable.release(held.id)
        assert store.spots[0] in await free(store, Period(START, END + 2 * HOUR))

    async def test_taken_time_is_not_extended_into(self, store: Store) -> None:
        held = (await store.booked(store.spots[0])).state
        await store.booked(store.spots[0], period(1, END + HOUR))
        async with store.work(THE_SERVICE) as work:
            assert not await work.timetable.extend(held, END + 1.5 * HOUR)
        assert store.spots[0] in await free(store, Period(END, END + HOUR)), "not even a part of it"
        async with store.work(THE_SERVICE) as work:
            assert await work.timetable.extend(held, END + HOUR)

    async def test_only_what_is_held_is_extended_and_only_beyond_its_end(self, store: Store) -> None:
        held, never = (await store.booked(store.spots[0])).state, (await store.reservation(store.spots[1])).state
        for reservation, until in ((held, END), (held, END - HOUR), (never, END + HOUR)):
            with pytest.raises(ValueError, match=str(reservation.id)):
                async with store.work(THE_SERVICE) as work:
                    await work.timetable.extend(reservation, until)

    async def test_of_an_extension_and_a_booking_of_the_same_time_one_gets_it(self, store: Store) -> None:
        held = (await store.booked(store.spots[0])).state
        later = (await store.reservation(store.spots[0], period(1, END))).state

        async def extend() -> bool:
            async with store.work(THE_SERVICE) as work:
                return await work.timetable.extend(held, END + HOUR)

        async def take() -> bool:
            async with store.work(THE_SERVICE) as work:
                return await work.timetable.take(later)

        assert sorted(await asyncio.gather(extend(), take())) == [False, True]


class TestMoving:
    async def test_the_other_spot_is_taken_and_the_first_is_free(self, store: Store) -> None:
        first, second, _ = store.spots
        held = (await store.booked(first)).state
        async with store.work(THE_SERVICE) as work:
            assert await work.timetable.extend(held, END + HOUR)
            assert await work.timetable.move(held, second)
        for when in (period(3), Period(END, END + HOUR)):
            spots = await free(store, when)
            assert first in spots
            assert second not in spots

    async def test_a_move_onto_taken_time_loses_nothing(self, store: Store) -> None:
        await self.check_nothing_is_lost(store, moved)

    async def test_the_negative_control(self, store: Store) -> None:
        with pytest.raises(AssertionError, match="lost"):
            await self.check_nothing_is_lost(store, released_and_taken)

    async def check_nothing_is_lost(self, store: Store, move: Move) -> None:
        first, second, third = store.spots
        held = (await store.booked(first)).state
        await store.booked(second, period(1, START + 2 * HOUR))
        async with store.work(THE_SERVICE) as work:
            assert not await move(work, held, second)
        assert first not in await free(store, period(3)), "lost"
        async with store.work(THE_SERVICE) as work:
            assert not await move(work, held, second)
            assert await move(work, held, third), "the transaction goes on, and another spot is tried"
        spots = await free(store, period(3))
        assert first in spots
        assert third not in spots

    async def test_what_comes_after_a_refused_move_is_stored(self, store: Store) -> None:
        first, second, third = store.spots
        held = (await store.booked(first)).state
        await store.booked(second)
        other = (await store.reservation(third)).state
        async with store.work(THE_SERVICE) as work:
            assert not await work.timetable.move(held, second)
            assert await work.timetable.take(other)
        assert await free(store, period(3)) == []

    async def test_only_what_is_held_is_moved(self, store: Store) -> None:
        never = (await store.reservation(store.spots[0])).state
        with pytest.raises(ValueError, match=str(never.id)):
            async with store.work(THE_SERVICE) as work:
                await work.timetable.move(never, store.spots[1])
        assert await free(store, period(3)) == store.spots

    async def test_of_two_that_move_onto_one_spot_one_gets_it(self, store: Store) -> None:
        first, second, third = store.spots
        for round_number in range(ROUNDS):
            when = period(1, START + round_number * HOUR)
            held = [(await store.booked(spot, when)).state for spot in (first, second)]
            results = await asyncio.gather(*(self.move(store, each, third) for each in held))
            assert sorted(results) == [False, True]
            assert await free(store, when) == [first if results[0] else second]

    async def test_two_that_would_change_places_both_stay(self, store: Store) -> None:
        """Neither waits for what the other has left."""
        first, second, third = store.spots
        for round_number in range(ROUNDS):
            when = period(1, START + round_number * HOUR)
            one, other = [(await store.booked(spot, when)).state for spot in (first, second)]
            moves = self.move(store, one, second), self.move(store, other, first)
            assert await asyncio.gather(*moves) == [False, False]
            assert await free(store, when) == [third]

    async def move(self, store: Store, reservation: ReservationState, spot: Spot) -> bool:
        async with store.work(THE_SERVICE) as work:
            return await work.timetable.move(reservation, spot)
