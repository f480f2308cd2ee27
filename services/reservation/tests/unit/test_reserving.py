"""Asking for a spot: which one, which price, which answer."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Self
from uuid import UUID, uuid4

import pytest
from services.reservation.tests.examples import NOW, START, hourly, lot_copy, period
from services.reservation.tests.fakes.installation import FakeInstallation
from services.reservation.tests.fakes.postgres.bookings import InMemoryBookings

from parking_kernel.askers import THE_SERVICE
from parking_kernel.money import Money
from parking_kernel.periods import InvalidPeriod
from parking_kernel.repeatable import Answer, KeyReused, RequestKey
from reservation_service.application.commands.reserve_spot import ReserveSpot
from reservation_service.application.ports import Candidates, LotCopy, SpotRequest, TooBusy
from reservation_service.domain.errors import LotNotBookable, UnknownLot, UnknownSpot, WrongSpotType
from reservation_service.domain.incoming_payments import TakenIn
from reservation_service.domain.lots import Lot, Spot
from reservation_service.domain.reservations import HOLD, Reservation, ReservationState, ReservationStatus

SECOND = timedelta(seconds=1)


def spot_of(service: FakeInstallation, answer: Answer) -> str:
    return service.tables.reservations[UUID(answer.body.decode())].spot.number


class TestWhichSpot:
    async def test_any_spot_is_a_standard_one_first_and_a_compact_one_last(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["compact", "accessible", "motorcycle", "ev_charging", "standard"])
        assert [spot_of(service, await service.reserve(lot)) for _ in range(2)] == ["5", "1"]

    async def test_the_other_types_are_never_given_unasked_but_shown(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["standard", "accessible", "motorcycle", "ev_charging"])
        await service.held(lot)
        refused = await service.reserve(lot)
        types = {str(spot.id): spot.type for spot in service.tables.spots.values()}
        shown = [types[spot_id] for spot_id, _ in json.loads(refused.body)]
        assert (refused.status, shown[:3]) == (409, ["accessible", "ev_charging", "motorcycle"])

    async def test_taken_is_not_said_of_a_lot_without_such_spots(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["accessible"])
        for spot_type in (None, "compact"):
            refused = await service.reserve(lot, spot_type=spot_type, key=f"{spot_type}")
            assert (refused.status, json.loads(refused.body)) == (
                409,
                {"no_such_spots": lot.name, "others": ["accessible"]},
            )
        assert not service.tables.answers, "nothing is kept under the keys"

    async def test_once_booked_the_answer_is_the_same_though_the_lot_has_no_such_spots_by_now(
        self, service: FakeInstallation
    ) -> None:
        lot = await service.with_lot()
        first = await service.reserve(lot, key="one")
        (spot,) = service.tables.spots.values()
        service.tables.spots[spot.id] = replace(spot, in_service=False)
        assert await service.reserve(lot, key="one") == replace(first, replayed=True)

    async def test_who_names_a_type_gets_that(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["standard", "accessible"])
        assert spot_of(service, await service.reserve(lot, spot_type="accessible")) == "2"

    async def test_who_names_a_spot_gets_that_or_none(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["standard", "standard"])
        named = next(spot for spot in service.tables.spots.values() if spot.number == "2")
        assert spot_of(service, await service.reserve(lot, spot_id=named.id)) == "2"
        refused = await service.reserve(lot, spot_id=named.id)
        assert refused.status == 409
        ((alternative, distance),) = json.loads(refused.body)[:1]
        assert (alternative, distance) == (str(next(iter(service.tables.spots))), 0)

    async def test_a_spot_and_another_type_contradict_each_other(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["standard"])
        (spot_id,) = service.tables.spots
        with pytest.raises(WrongSpotType, match="standard"):
            await service.reserve(lot, spot_id=spot_id, spot_type="compact")

    async def test_a_spot_of_another_lot_or_out_of_service_is_unknown(self, service: FakeInstallation) -> None:
        lot, other = await service.with_lot(), await service.with_lot()
        here, there = service.tables.spots.values()
        with pytest.raises(UnknownSpot):
            await service.reserve(lot, spot_id=there.id)
        service.tables.spots[here.id] = replace(here, in_service=False)
        with pytest.raises(UnknownSpot):
            await service.reserve(lot, spot_id=here.id)
        assert (await service.reserve(lot)).status == 409
        assert (await service.reserve(other)).status == 201


class TestRefusals:
    async def test_an_unknown_lot(self, service: FakeInstallation) -> None:
        with pytest.raises(UnknownLot):
            await service.reserve(lot_copy(hourly()))

    async def test_a_lot_that_is_closed_or_has_no_prices(self, service: FakeInstallation) -> None:
        with pytest.raises(LotNotBookable, match="no reservations"):
            await service.reserve(await service.with_lot(is_open=False))
        with pytest.raises(LotNotBookable, match="no prices"):
            await service.reserve(await service.with_lot(tariff_id=uuid4()))

    async def test_a_time_that_is_over(self, service: FakeInstallation) -> None:
        lot = await service.with_lot()
        with pytest.raises(InvalidPeriod):
            await service.reserve(lot, when=period(1, NOW - timedelta(hours=1)))


class TestRepeatedRequests:
    async def test_the_first_answer_is_given_again(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["standard", "standard"])
        first = await service.reserve(lot, key="one")
        again = await service.reserve(lot, key="one")
        assert (again.body, again.replayed, first.replayed) == (first.body, True, False)
        assert len(service.tables.reservations) == 1

    async def test_a_refusal_too_though_the_spot_is_free_by_now(self, service: FakeInstallation) -> None:
        lot = await service.with_lot()
        held = await service.held(lot)
        refused = await service.reserve(lot, key="one")
        async with service.work(THE_SERVICE) as work:
            await work.timetable.release(held.id)
        again = await service.reserve(lot, key="one")
        assert (again.status, again.body, again.replayed) == (409, refused.body, True)

    async def test_even_when_the_request_would_not_be_valid_any_more(self, service: FakeInstallation) -> None:
        lot = await service.with_lot()
        first = await service.reserve(lot, key="one")
        service.clock.advance(timedelta(days=2))
        assert (await service.reserve(lot, key="one")).body == first.body
        service.tables.lots[lot.id] = replace(lot, is_open=False)
        assert (await service.reserve(lot, key="one")).body == first.body

    async def test_another_request_with_the_key_is_refused(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["standard", "standard"])
        await service.reserve(lot, key="one")
        with pytest.raises(KeyReused):
            await service.reserve(lot, key="one", when=period(4))

    async def test_an_invalid_request_leaves_its_key_free(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(is_open=False)
        with pytest.raises(LotNotBookable):
            await service.reserve(lot, key="one")
        service.tables.lots[lot.id] = replace(lot, is_open=True)
        assert (await service.reserve(lot, key="one")).status == 201


class TestOverdueHoldsInTheWay:
    async def test_they_expire_for_a_request(self, service: FakeInstallation) -> None:
        lot = await service.with_lot()
        held = await service.held(lot)
        service.clock.advance(HOLD)
        service.tables.payment_watermark["seen"] = TakenIn(service.clock.now())
        assert (await service.reserve(lot)).status == 201
        assert service.tables.reservations[held.id].status is ReservationStatus.EXPIRED

    async def test_but_not_while_their_money_may_be_on_the_way(self, service: FakeInstallation) -> None:
        lot = await service.with_lot()
        await service.held(lot)
        service.clock.advance(HOLD)
        service.tables.payment_watermark["seen"] = TakenIn(service.clock.now() - SECOND)
        assert (await service.reserve(lot)).status == 409

    async def test_more_than_expire_at_a_time(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["standard"] * 60)
        for _ in range(60):
            await service.held(lot)
        service.clock.advance(HOLD)
        service.tables.payment_watermark["seen"] = TakenIn(service.clock.now())
        assert [(await service.reserve(lot)).status for _ in range(60)] == [201] * 60


class NeverLucky(InMemoryBookings):
    """Something is free each time, and gone when it is taken; `times_queued` counts the waits for a permit."""

    def __init__(self, service: FakeInstallation, rounds: int) -> None:
        super().__init__(service.tables, service.clock)
        self._service = service
        self.rounds = rounds
        self.times_queued = 0

    @asynccontextmanager
    async def _connected(self) -> AsyncGenerator[Self]:
        self.times_queued += 1
        yield self

    async def find(self, request: SpotRequest, limit: int) -> Candidates:
        self._service.clock.advance(SECOND)
        return replace(await super().find(request, limit), as_of=self._service.clock.now())

    async def book(self, reservation: Reservation, lot: Lot, key: RequestKey, answer: Answer) -> Answer | None:
        self.rounds -= 1
        return await super().book(reservation, lot, key, answer) if self.rounds < 0 else None

    async def refuse(self, key: RequestKey, answer: Answer) -> Answer:
        raise AssertionError("what is free must not be refused")


class SlowBookings(InMemoryBookings):
    """Writing takes a while; `failed` counts what was written for nothing, `tried` what was to be written."""

    failed = 0

    def __init__(self, service: FakeInstallation) -> None:
        super().__init__(service.tables, service.clock, at_once=100)
        self.tried: list[tuple[ReservationState, Answer]] = []

    async def book(self, reservation: Reservation, lot: Lot, key: RequestKey, answer: Answer) -> Answer | None:
        self.tried.append((reservation.state, answer))
        await asyncio.sleep(0)
        given = await super().book(reservation, lot, key, answer)
        self.failed += given is None
        return given


class TestManyAtOnce:
    async def test_who_loses_one_spot_tries_the_next(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["standard"])
        service.reserve_spot = replace(service.reserve_spot, bookings=NeverLucky(service, rounds=4))
        assert (await service.reserve(lot)).status == 201

    async def test_who_may_have_any_leaves_those_that_others_are_just_booking(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["standard"] * 4)
        bookings = SlowBookings(service)
        service.reserve_spot = replace(service.reserve_spot, bookings=bookings)
        answers = await asyncio.gather(*(service.reserve(lot) for _ in range(4)))
        assert ([each.status for each in answers], bookings.failed) == ([201] * 4, 0)
        assert not bookings.attempts.under_way

    async def test_and_does_not_queue_again(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["standard"])
        bookings = NeverLucky(service, rounds=4)
        service.reserve_spot = replace(service.reserve_spot, bookings=bookings)
        await service.reserve(lot)
        assert bookings.times_queued == 1

    async def test_one_that_loses_for_too_long_is_asked_to_come_again_and_not_that_nothing_is_free(
        self, service: FakeInstallation
    ) -> None:
        lot = await service.with_lot(["standard"])
        service.reserve_spot = replace(service.reserve_spot, bookings=NeverLucky(service, rounds=100))
        with pytest.raises(TooBusy):
            await service.reserve(lot)

    async def test_candidates_that_are_lost_cost_one_price_and_one_token(self, service: FakeInstallation) -> None:
        """The token names the reservation and its charge, not the spot, so it holds for each of them."""
        lot = await service.with_lot(["standard"] * 4)
        bookings = NeverLucky(service, rounds=6)
        service.reserve_spot = replace(service.reserve_spot, bookings=bookings)
        answer = await service.reserve(lot)
        assert (answer.status, service.tokens.charges_signed) == (201, 1)

    async def test_the_ids_are_made_once_for_a_request(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["standard"] * 4)
        bookings = SlowBookings(service)
        await asyncio.gather(*(service.held(lot) for _ in range(3)))  # in one hour, and now all want the same again
        service.reserve_spot = replace(service.reserve_spot, bookings=bookings)
        spots = [spot.id for spot in service.tables.spots.values()]
        bookings.find = AlwaysThese(service, lot, spots).find
        assert (await service.reserve(lot)).status == 201
        tried = [state for state, _ in bookings.tried]
        assert [state.spot.id for state in tried] == spots
        assert len({(state.id, state.charges, state.created_at) for state in tried}) == 1


class AlwaysThese:
    """What was free when it was looked for, though some of it is taken by now."""

    def __init__(self, service: FakeInstallation, lot: LotCopy, spots: list[UUID]) -> None:
        self._service, self._lot, self._spots = service, lot, spots

    async def find(self, request: SpotRequest, limit: int) -> Candidates:
        found = await self._service.bookings.find(request, limit)
        known = self._service.tables.spots
        return replace(
            found, spots=[Spot(each, known[each].number, known[each].type, known[each].version) for each in self._spots]
        )


class CountedLooks(InMemoryBookings):
    """Each look takes a while, and what changes meanwhile is not seen: as with a snapshot."""

    def __init__(self, service: FakeInstallation) -> None:
        super().__init__(service.tables, service.clock)
        self.looks = 0
        self.looking = asyncio.Event()
        self.go_on = asyncio.Event()

    async def find(self, request: SpotRequest, limit: int) -> Candidates:
        self.looks += 1
        seen = await super().find(request, limit)
        self.looking.set()
        await self.go_on.wait()
        return seen


class TestOneLookForMany:
    async def test_who_asked_before_somebody_saw_that_nothing_is_free_is_refused_by_that(
        self, service: FakeInstallation
    ) -> None:
        lot = await service.with_lot(["standard"])
        await service.held(lot)
        looks = CountedLooks(service)
        service.reserve_spot = replace(service.reserve_spot, bookings=looks)
        asking = [asyncio.ensure_future(service.reserve(lot)) for _ in range(20)]
        await looks.looking.wait()
        looks.go_on.set()
        assert {each.status for each in await asyncio.gather(*asking)} == {409}
        assert looks.looks == 2  # the first's own, and one for all that asked meanwhile
        assert not looks.attempts.under_way

    async def test_who_asked_after_the_look_began_looks_for_himself(self, service: FakeInstallation) -> None:
        """Else a spot that was given back in between would be refused to him."""
        lot = await service.with_lot(["standard"])
        held = await service.held(lot)
        looks = CountedLooks(service)
        service.reserve_spot = replace(service.reserve_spot, bookings=looks)
        first = asyncio.ensure_future(service.reserve(lot))
        await looks.looking.wait()
        async with service.work(THE_SERVICE) as work:
            await work.timetable.release(held.id)
        second = asyncio.ensure_future(service.reserve(lot))
        await asyncio.sleep(0)
        looks.go_on.set()
        assert ((await first).status, (await second).status) == (409, 201)

    async def test_a_look_says_nothing_of_another_request(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["standard", "compact"])
        await service.held(lot, spot_type="standard")
        answers = await asyncio.gather(*(service.reserve(lot, spot_type=each) for each in ("standard", "compact")))
        assert [each.status for each in answers] == [409, 201]


class TestThePrice:
    async def test_it_is_that_of_the_tariff_in_force_and_stays(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["standard", "standard"])
        dear = hourly(900)
        before = await service.held(lot)
        async with service.work(THE_SERVICE) as work:
            await work.copies.keep_tariff(dear)
            await work.copies.keep_lot(replace(lot, tariff_id=dear.id, version=2))
        after = await service.held(lot)
        assert (before.owed, after.owed) == (Money(600, "CHF"), Money(2700, "CHF"))
        assert service.tables.reservations[before.id].owed == before.owed

    async def test_what_costs_nothing_needs_no_payment(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(tariff=hourly(0))
        assert (await service.held(lot)).status is ReservationStatus.CONFIRMED
        assert service.published() == ["ReservationCreated", "ReservationConfirmed"]


class TestAlternatives:
    async def test_nearby_times_then_nearby_lots_at_their_own_prices(self, service: FakeInstallation) -> None:
        lot = await service.with_lot()
        near = await service.with_lot(tariff=hourly(500), latitude=47.381)
        await service.with_lot(latitude=47.39, is_open=False)
        await service.held(lot)
        found = await service.find(SpotRequest(lot.id, period()))
        assert [(each.parking_lot_id, each.period.starts_at) for each in found] == [
            (lot.id, START + timedelta(hours=3)),
            (lot.id, START - timedelta(hours=3)),
            (near.id, START),
        ]
        assert found[-1].price.total == Money(1500, "CHF")
        assert found[-1].distance_m == 111

    async def test_none_begins_in_the_past_or_while_the_lot_is_shut(self, service: FakeInstallation) -> None:
        lot = await service.with_lot()
        soon = period(3, NOW + timedelta(hours=1))
        await service.held(lot, when=soon)
        (only,) = await service.find(SpotRequest(lot.id, soon))
        assert only.period == period(3, NOW + timedelta(hours=4))
        service.tables.lots[lot.id] = replace(service.tables.lots[lot.id], is_open=False)
        assert await service.find(SpotRequest(lot.id, soon)) == []

    async def test_spots_of_other_types_are_shown_with_their_type(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["accessible"])
        (only,) = await service.find(SpotRequest(lot.id, period()))
        assert (only.lot_name, only.spot.number, only.spot.type) == (lot.name, "1", "accessible")
        (first, *_) = await service.find(SpotRequest(lot.id, period(), spot_type="accessible"))
        assert first.spot.type == "accessible"


def test_the_command_keeps_the_plate_out_of_logs() -> None:
    request = SpotRequest(uuid4(), period())
    assert "ZH 1" not in repr(ReserveSpot(uuid4(), request, RequestKey("", "", b""), "ZH 1"))
