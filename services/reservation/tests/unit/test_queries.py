from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from services.reservation.tests.examples import NOW, START, period
from services.reservation.tests.fakes.installation import FakeInstallation, operator_of

from parking_kernel.askers import Asker
from parking_kernel.periods import InvalidPeriod, Period
from reservation_service.application.ports import SpotRequest
from reservation_service.application.queries.create_quote import CreateQuote, CreateQuoteHandler
from reservation_service.application.queries.get_availability import GetAvailability, GetAvailabilityHandler
from reservation_service.application.queries.get_reservation import GetReservation, GetReservationHandler
from reservation_service.application.queries.list_reservations import ListReservations, ListReservationsHandler
from reservation_service.domain.errors import LotNotBookable, UnknownLot, UnknownReservation
from reservation_service.domain.lots import FURTHEST, LONGEST, Closure


def driver(user_id: object = None) -> Asker:
    return Asker(user_id or uuid4())  # pyright: ignore[reportArgumentType]


class TestQuotes:
    async def test_a_quote_is_what_the_booking_will_cost(self, service: FakeInstallation) -> None:
        lot = await service.with_lot()
        price, quote, quote_id = await CreateQuoteHandler(service.work, service.clock, service.tokens)(
            CreateQuote(SpotRequest(lot.id, period()))
        )
        held = await service.held(lot)
        assert (price.total, price.line_items) == (held.owed, held.charges[0].line_items)
        assert (quote.tariff_id, quote.expires_at) == (lot.tariff_id, NOW + timedelta(minutes=15))
        assert service.tokens.quote_of(quote_id) == quote

    async def test_what_cannot_be_booked_is_not_quoted(self, service: FakeInstallation) -> None:
        closed = await service.with_lot(is_open=False)
        with pytest.raises(LotNotBookable):
            await CreateQuoteHandler(service.work, service.clock, service.tokens)(
                CreateQuote(SpotRequest(closed.id, period()))
            )


class TestAvailability:
    async def test_it_names_what_is_free_by_number_and_type(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["standard", "compact", "standard", "accessible"])
        await service.held(lot)
        get = GetAvailabilityHandler(service.bookings, service.clock)
        found = await get(GetAvailability(SpotRequest(lot.id, period()), 10))
        assert ([spot.number for spot in found.spots], found.as_of) == (["2", "3", "4"], NOW)
        found = await get(GetAvailability(SpotRequest(lot.id, period(), spot_type="standard"), 10))
        assert [spot.number for spot in found.spots] == ["3"]
        found = await get(GetAvailability(SpotRequest(lot.id, period(3, START + timedelta(hours=3))), 10))
        assert len(found.spots) == found.count == 4

    async def test_nothing_is_free_where_nothing_can_be_booked(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(closures=[Closure(START + timedelta(hours=1), None)])
        get = GetAvailabilityHandler(service.bookings, service.clock)
        found = await get(GetAvailability(SpotRequest(lot.id, period()), 10))
        assert (found.spots, found.count) == ((), 0)

    @pytest.mark.parametrize(
        ("when", "field"),
        [
            pytest.param(Period(START, START + LONGEST + timedelta(seconds=1)), "end_time", id="too long"),
            pytest.param(period(1, NOW + FURTHEST + timedelta(seconds=1)), "start_time", id="too far away"),
        ],
    )
    async def test_what_no_booking_could_be_for_is_not_looked_up(
        self, service: FakeInstallation, when: Period, field: str
    ) -> None:
        """What is taken between two instants is read, and an unbounded period would read all of the timetable."""
        lot = await service.with_lot()
        get = GetAvailabilityHandler(service.bookings, service.clock)
        with pytest.raises(InvalidPeriod) as refused:
            await get(GetAvailability(SpotRequest(lot.id, when), 10))
        assert refused.value.field == field

    async def test_a_period_that_has_begun_may_be_asked_for(self, service: FakeInstallation) -> None:
        lot = await service.with_lot()
        get = GetAvailabilityHandler(service.bookings, service.clock)
        found = await get(GetAvailability(SpotRequest(lot.id, period(3, NOW - timedelta(hours=1))), 10))
        assert len(found.spots) == 1


class TestReading:
    async def test_who_sees_a_reservation_and_who_gets_to_pay_it(self, service: FakeInstallation) -> None:
        lot = await service.with_lot()
        held = await service.held(lot)
        get = GetReservationHandler(service.work, service.tokens, service.clock)
        assert await get(GetReservation(driver(held.user_id), held.id)) == (held, f"charge {held.charges[0].id}")
        assert await get(GetReservation(operator_of(lot), held.id)) == (held, None)
        with pytest.raises(UnknownReservation):
            await get(GetReservation(driver(), held.id))
        paid = await service.paid(held)
        assert await get(GetReservation(driver(held.user_id), held.id)) == (paid, None)

    async def test_lists_go_back_in_time_from_a_position(self, service: FakeInstallation) -> None:
        lot, mine = await service.with_lot(["standard"] * 3), uuid4()
        made = []
        for _ in range(3):
            made.append(await service.held(lot, user_id=mine))
            service.clock.advance(timedelta(seconds=1))
        get = ListReservationsHandler(service.work)
        first = await get(ListReservations(driver(mine), None, None, 2))
        assert list(first) == [made[2], made[1]]
        rest = await get(ListReservations(driver(mine), None, (made[1].created_at, made[1].id), 2))
        assert list(rest) == [made[0]]
        assert list(await get(ListReservations(driver(), None, None, 2))) == []

    async def test_a_lots_list_is_its_operators(self, service: FakeInstallation) -> None:
        lot = await service.with_lot()
        held = await service.held(lot)
        get = ListReservationsHandler(service.work)
        assert list(await get(ListReservations(operator_of(lot), lot.id, None, 20))) == [held]
        with pytest.raises(UnknownLot):
            await get(ListReservations(driver(held.user_id), lot.id, None, 20))

    async def test_a_machine_has_no_reservations_of_its_own(self, service: FakeInstallation) -> None:
        machine = replace(driver(), user_id=None)
        assert list(await ListReservationsHandler(service.work)(ListReservations(machine, None, None, 20))) == []
