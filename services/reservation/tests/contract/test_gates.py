"""What is kept for the gates, on the fake and on PostgreSQL."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

from services.reservation.tests.contract.stores import Store
from services.reservation.tests.examples import START, period

from parking_kernel.askers import THE_SERVICE
from parking_kernel.periods import Period
from reservation_service.application.ports import UnsettledStay, UserCopy
from reservation_service.domain.gates import REPORTED_WITHIN
from reservation_service.domain.reservations import ParkingSession, Reservation, ReservationStatus

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


class TestEarlyExits:
    async def test_the_first_since_the_entry_is_taken_and_with_it_all_are_gone(self, store: Store) -> None:
        mine, other = uuid4(), uuid4()
        async with store.work(THE_SERVICE) as work:
            for minutes in (30, 10, 20, 20):
                await work.early_exits.keep(mine, START + minutes * MINUTE)
            await work.early_exits.keep(other, START)
        async with store.work(THE_SERVICE) as work:
            assert await work.early_exits.take(mine, START + 11 * MINUTE) == START + 20 * MINUTE
            assert await work.early_exits.take(mine, START) is None
            assert await work.early_exits.take(other, START) == START

    async def test_one_before_the_entry_is_none_of_its_stay(self, store: Store) -> None:
        reservation_id = uuid4()
        async with store.work(THE_SERVICE) as work:
            await work.early_exits.keep(reservation_id, START)
            assert await work.early_exits.take(reservation_id, START + MINUTE) is None
            assert await work.early_exits.has(reservation_id, START)
            assert not await work.early_exits.has(reservation_id, START + MINUTE)
            assert await work.early_exits.take(reservation_id, START) == START
            assert not await work.early_exits.has(reservation_id, START)

    async def test_one_whose_exit_is_kept_is_not_missed_while_its_entry_may_come(self, store: Store) -> None:
        booked = await store.booked(store.spots[0])
        at = booked.state.period.ends_at + HOUR
        async with store.work(THE_SERVICE) as work:
            loaded = await work.reservations.get(booked.state.id)
            charge = loaded.state.charges[0]
            loaded.settle(charge.id, uuid4(), charge.amount, START)
            await work.reservations.save(loaded)
        async with store.work(THE_SERVICE) as work:
            assert [each for _, each in await work.reservations.missed(at, None, 10)] == [booked.state.id]
            await work.early_exits.keep(booked.state.id, at)
            assert await work.reservations.missed(at + HOUR, None, 10) == []
            assert len(await work.reservations.missed(at + REPORTED_WITHIN, None, 10)) == 1


class TestUnsettledStays:
    async def test_the_first_entry_and_the_last_exit_are_kept_until_it_is_closed(self, store: Store) -> None:
        mine, other, lot_id = uuid4(), uuid4(), uuid4()
        async with store.work(THE_SERVICE) as work:
            for minutes in (10, 5, 20):
                await work.unsettled_stays.note_exit(mine, lot_id, START + HOUR + minutes * MINUTE)
                await work.unsettled_stays.note_entry(mine, lot_id, START + minutes * MINUTE)
            await work.unsettled_stays.note_entry(other, lot_id, START)
        async with store.work(THE_SERVICE) as work:
            kept = {stay.reservation_id: stay for stay in await work.unsettled_stays.all(10)}
            assert kept[mine] == UnsettledStay(mine, lot_id, START + 5 * MINUTE, START + HOUR + 20 * MINUTE)
            assert kept[other] == UnsettledStay(other, lot_id, START, None)
            assert await work.unsettled_stays.has(mine)
            assert len(await work.unsettled_stays.all(1)) == 1
        async with store.work(THE_SERVICE) as work:
            assert await work.unsettled_stays.close(mine)
            assert not await work.unsettled_stays.close(mine)
            assert not await work.unsettled_stays.has(mine)

    async def test_when_a_reservation_was_cancelled_is_kept(self, store: Store) -> None:
        booked = await store.booked(store.spots[0])
        async with store.work(THE_SERVICE) as work:
            loaded = await work.reservations.get(booked.state.id)
            loaded.cancel(START)
            await work.reservations.save(loaded)
        async with store.work(THE_SERVICE) as work:
            assert (await work.reservations.read(booked.state.id)).cancelled_at == START


class TestUsers:
    async def test_suspended_and_reinstated(self, store: Store) -> None:
        user_id = uuid4()
        async with store.work(THE_SERVICE) as work:
            assert await work.users.suspended_at(user_id) is None
            assert not await work.users.keep(UserCopy(user_id, False, START, 1))
            assert await work.users.keep(UserCopy(user_id, True, START + MINUTE, 2))
            assert await work.users.suspended_at(user_id) == START + MINUTE
            assert not await work.users.keep(UserCopy(user_id, True, START + 2 * MINUTE, 3))
            assert await work.users.suspended_at(user_id) == START + MINUTE, "since the first that was published"
            assert await work.users.keep(UserCopy(user_id, False, START + 3 * MINUTE, 4))
            assert await work.users.suspended_at(user_id) is None

    async def test_what_of_a_drivers_reservations_is_not_over(self, store: Store) -> None:
        user_id = uuid4()
        stands = [await store.booked(store.spots[spot], user_id=user_id) for spot in (0, 1)]
        await store.booked(store.spots[2])
        async with store.work(THE_SERVICE) as work:
            loaded = await work.reservations.get(stands[0].state.id)
            loaded.cancel(START)
            await work.reservations.save(loaded)
            assert list(await work.reservations.standing_of(user_id)) == [stands[1].state.id]
            assert list(await work.reservations.standing_of(uuid4())) == []

    async def test_older_and_repeated_versions_change_nothing(self, store: Store) -> None:
        user_id = uuid4()
        async with store.work(THE_SERVICE) as work:
            assert await work.users.keep(UserCopy(user_id, True, START, 2))
            assert not await work.users.keep(UserCopy(user_id, True, START, 2))
            assert not await work.users.keep(UserCopy(user_id, False, START, 1))
            assert await work.users.suspended_at(user_id) == START
            assert await work.users.keep(UserCopy(user_id, False, START, 5))
            assert not await work.users.keep(UserCopy(user_id, True, START, 2)), "a repeat that comes late"
            assert await work.users.suspended_at(user_id) is None


class TestGateLists:
    async def changed(self, store: Store, reservation: Reservation, **state: Any) -> Reservation:
        """The same reservation, as if that had happened to it."""
        async with store.work(THE_SERVICE) as work:
            loaded = await work.reservations.get(reservation.state.id)
            loaded.state = replace(loaded.state, version=loaded.state.version + 1, **state)
            await work.reservations.save(loaded)
        return loaded

    async def confirmed(self, store: Store, spot: int, when: Period) -> Reservation:
        booked = await store.booked(store.spots[spot], when)
        return await self.changed(store, booked, status=ReservationStatus.CONFIRMED, hold_expires_at=None)

    async def test_what_is_confirmed_and_meets_the_window_by_its_start(self, store: Store) -> None:
        window = Period(START, START + HOUR)
        late = await self.confirmed(store, 0, period(1, START + 30 * MINUTE))
        early = await self.confirmed(store, 1, period(1, START - 30 * MINUTE))
        await self.confirmed(store, 0, period(0.5, START - HOUR))
        await self.confirmed(store, 1, period(1, START + HOUR))
        await store.booked(store.spots[2], window)
        async with store.work(THE_SERVICE) as work:
            listed, until = await work.gate_lists.coming(store.lot.id, window, 10)
            assert until == window.ends_at
            assert [each.id for each in listed] == [early.state.id, late.state.id]
            (first, _) = listed
            assert (first.period, first.status) == (early.state.period, ReservationStatus.CONFIRMED)
            assert (first.spot_number, first.vehicle_plate) == (early.state.spot.number, "ZH 1")
            nothing, _ = await work.gate_lists.coming(uuid4(), window, 10)
            assert list(nothing) == []

    async def test_a_suspended_users_are_left_out(self, store: Store) -> None:
        window = Period(START, START + HOUR)
        theirs = await self.confirmed(store, 0, window)
        async with store.work(THE_SERVICE) as work:
            await work.users.keep(UserCopy(theirs.state.user_id, True, START, 1))
            assert list((await work.gate_lists.coming(store.lot.id, window, 10))[0]) == []
            await work.users.keep(UserCopy(theirs.state.user_id, False, START, 2))
            assert len((await work.gate_lists.coming(store.lot.id, window, 10))[0]) == 1

    async def test_where_there_are_too_many_it_ends_with_the_first_that_is_left_out(self, store: Store) -> None:
        booked = [await self.confirmed(store, 0, period(1, START + each * HOUR)) for each in range(4)]
        async with store.work(THE_SERVICE) as work:
            listed, until = await work.gate_lists.coming(store.lot.id, Period(START, START + 9 * HOUR), 2)
        assert (until, [each.id for each in listed]) == (START + 2 * HOUR, [each.state.id for each in booked[:2]])

    async def test_those_that_begin_together_are_in_it_together_or_not_at_all(self, store: Store) -> None:
        for spot in (0, 1):
            await self.confirmed(store, spot, period(1, START + HOUR))
        async with store.work(THE_SERVICE) as work:
            listed, until = await work.gate_lists.coming(store.lot.id, Period(START, START + 9 * HOUR), 1)
        assert (until, list(listed)) == (START + HOUR, [])

    async def test_who_is_in_whenever_that_should_have_ended(self, store: Store) -> None:
        at = START - 40 * HOUR
        stay = ParkingSession(uuid4(), at)
        booked = await store.booked(store.spots[0], period(1, at))
        active = await self.changed(store, booked, status=ReservationStatus.ACTIVE, parking_session=stay)
        async with store.work(THE_SERVICE) as work:
            assert [each.id for each in await work.gate_lists.stays(store.lot.id, 10)] == [active.state.id]
            assert list(await work.gate_lists.stays(store.lot.id, 0)) == []
            assert list(await work.gate_lists.stays(uuid4(), 10)) == []
