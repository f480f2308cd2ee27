"""The aggregate: the table of states, cell by cell."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
from services.reservation.tests.examples import NOW, START, ZURICH, a_hold, a_lot, a_spot, hourly, period

from parking_kernel.money import Money
from parking_kernel.pricing import price
from reservation_service.domain.charges import ChargeReason, ChargeStatus, open_charge
from reservation_service.domain.errors import NotCancellable
from reservation_service.domain.refund_orders import RefundReason
from reservation_service.domain.reservations import HOLD, Reservation, ReservationStatus

S = ReservationStatus
END = START + timedelta(hours=3)
OWED = Money(600, "CHF")
NOTHING = Money(0, "CHF")


def pay(reservation: Reservation, amount: Money = OWED) -> bool:
    return reservation.settle(reservation.state.charges[0].id, uuid4(), amount, NOW)


def pending() -> Reservation:
    return a_hold()


def confirmed() -> Reservation:
    reservation = a_hold()
    assert pay(reservation)
    return reservation


def active() -> Reservation:
    reservation = confirmed()
    reservation.check_in(uuid4(), START)
    return reservation


def completed() -> Reservation:
    reservation = active()
    reservation.check_out(None, END)
    return reservation


def expired() -> Reservation:
    reservation = a_hold()
    assert reservation.expire(NOW + HOLD)
    return reservation


def cancelled() -> Reservation:
    reservation = confirmed()
    reservation.cancel(NOW)
    return reservation


def no_show() -> Reservation:
    reservation = confirmed()
    assert reservation.note_no_show(END)
    return reservation


IN_STATE: dict[ReservationStatus, Callable[[], Reservation]] = {
    S.PENDING: pending,
    S.CONFIRMED: confirmed,
    S.ACTIVE: active,
    S.COMPLETED: completed,
    S.EXPIRED: expired,
    S.CANCELLED: cancelled,
    S.NO_SHOW: no_show,
}
each_state = pytest.mark.parametrize("status", list(S))


def happened(reservation: Reservation) -> list[str]:
    return [type(event).__name__.removeprefix("Reservation") for event in reservation.events]


class TestHolding:
    def test_a_hold_owes_its_price_for_a_quarter_of_an_hour(self) -> None:
        state = pending().state
        assert (state.status, state.version, state.hold_expires_at) == (S.PENDING, 1, NOW + timedelta(minutes=15))
        assert (state.owed, state.paid, state.refund_due) == (OWED, NOTHING, NOTHING)
        assert state.payable == state.charges[0]

    def test_what_costs_nothing_is_confirmed_at_once(self) -> None:
        reservation = a_hold(lot=a_lot(hourly(0)))
        assert happened(reservation) == ["Created", "Confirmed"]
        assert [event.reservation.version for event in reservation.events] == [1, 2]
        assert (reservation.state.hold_expires_at, reservation.state.payable) == (None, None)

    def test_it_keeps_the_tariff_that_it_was_priced_by(self) -> None:
        lot = a_lot()
        assert a_hold(lot=lot).state.tariff_id == lot.priced_by.id

    def test_the_plate_does_not_show_itself(self) -> None:
        assert "ZH 1" not in repr(pending().state)


class TestPaying:
    @pytest.mark.parametrize(
        ("status", "after", "back", "event"),
        [
            (S.PENDING, S.CONFIRMED, NOTHING, "Confirmed"),
            (S.CONFIRMED, S.CONFIRMED, OWED, "Changed"),
            (S.ACTIVE, S.ACTIVE, OWED, "Changed"),
            (S.COMPLETED, S.COMPLETED, OWED, "Changed"),
            # Cancelled in time, all of the first payment goes back already.
            (S.CANCELLED, S.CANCELLED, OWED + OWED, "Changed"),
            (S.NO_SHOW, S.NO_SHOW, OWED, "Changed"),
        ],
    )
    def test_a_payment_for_the_booking(
        self, status: ReservationStatus, after: ReservationStatus, back: Money, event: str
    ) -> None:
        reservation = IN_STATE[status]()
        assert pay(reservation)
        assert (reservation.state.status, reservation.state.refund_due) == (after, back)
        assert happened(reservation)[-1] == event

    def test_after_the_hold_room_has_to_be_looked_for(self) -> None:
        reservation = expired()
        before = reservation.state
        assert not pay(reservation)
        assert reservation.state == before

    @each_state
    def test_the_same_payment_published_again_changes_nothing(self, status: ReservationStatus) -> None:
        reservation = IN_STATE[status]()
        charge, payment = reservation.state.charges[0], uuid4()
        if not reservation.settle(charge.id, payment, OWED, NOW):
            reservation.give_back(payment, OWED, RefundReason.TOO_LATE, NOW)
        before = reservation.state
        assert reservation.settle(charge.id, payment, OWED, NOW)
        assert reservation.state == before

    @each_state
    def test_money_for_an_unknown_charge_goes_back(self, status: ReservationStatus) -> None:
        reservation = IN_STATE[status]()
        before = reservation.state
        assert reservation.settle(uuid4(), uuid4(), Money(50, "CHF"), NOW)
        assert reservation.state.refund_due == before.refund_due + Money(50, "CHF")
        assert reservation.state.status is before.status

    @pytest.mark.parametrize("amount", [599, 601])
    @pytest.mark.parametrize("status", [S.PENDING, S.EXPIRED])
    def test_another_amount_than_the_charges_goes_back(self, status: ReservationStatus, amount: int) -> None:
        reservation = IN_STATE[status]()
        assert pay(reservation, Money(amount, "CHF"))
        assert (reservation.state.status, reservation.state.refund_due.amount) == (status, amount)
        assert reservation.events[-1].reason == "wrong_amount"

    def test_another_currency_is_nothing_to_guess_about(self) -> None:
        with pytest.raises(ValueError, match="CHF and EUR"):
            pay(pending(), Money(600, "EUR"))

    def test_a_cancelled_hold_owes_nothing_and_gives_late_money_back(self) -> None:
        reservation = pending()
        reservation.cancel(NOW)
        assert reservation.state.charges[0].status is ChargeStatus.VOID
        assert (reservation.state.owed, reservation.state.refund_due) == (NOTHING, NOTHING)
        assert pay(reservation)
        assert (reservation.state.status, reservation.state.refund_due) == (S.CANCELLED, OWED)

    def test_late_money_reinstates_on_the_same_spot_or_another(self) -> None:
        for spot in (None, a_spot("2")):
            reservation, payment = expired(), uuid4()
            charge, taken = reservation.state.charges[0], spot or reservation.state.spot
            reservation.reinstate(charge.id, payment, taken, NOW)
            state = reservation.state
            assert (state.status, state.spot, state.paid, state.hold_expires_at) == (S.CONFIRMED, taken, OWED, None)
            assert reservation.events[-1].changed == (("spot",) if spot else ())

    def test_overstay_is_paid_while_in_or_out(self) -> None:
        reservation = active()
        beyond = price(hourly().tariff, period(1, END), ZURICH)
        reservation.check_out(open_charge(uuid4(), ChargeReason.OVERSTAY, beyond), END + timedelta(hours=1))
        charge = reservation.state.payable
        assert charge is not None
        assert reservation.state.owed - reservation.state.paid == Money(200, "CHF")
        assert reservation.settle(charge.id, uuid4(), charge.amount, END)
        assert (reservation.state.owed, reservation.state.payable) == (reservation.state.paid, None)


class TestLettingGo:
    @each_state
    def test_only_an_overdue_hold_expires(self, status: ReservationStatus) -> None:
        reservation = IN_STATE[status]()
        assert not reservation.expire(NOW + HOLD - timedelta(seconds=1))
        assert reservation.expire(NOW + HOLD) is (status is S.PENDING)

    def test_an_expired_hold_has_nothing_to_pay(self) -> None:
        assert expired().state.payable is None

    @pytest.mark.parametrize("status", [S.PENDING, S.CONFIRMED])
    def test_cancelling(self, status: ReservationStatus) -> None:
        reservation = IN_STATE[status]()
        paid = reservation.state.paid
        reservation.cancel(START - timedelta(minutes=30))
        assert reservation.state.status is S.CANCELLED
        assert reservation.state.refund_due == paid.share(50)
        assert reservation.events[-1].reason == "driver"

    def test_cancelling_again_changes_nothing(self) -> None:
        reservation = cancelled()
        before = list(reservation.events)
        reservation.cancel(END)
        assert reservation.events == before

    @pytest.mark.parametrize("status", [S.ACTIVE, S.COMPLETED, S.EXPIRED, S.NO_SHOW])
    def test_what_cannot_be_cancelled(self, status: ReservationStatus) -> None:
        with pytest.raises(NotCancellable, match=f"is {status.value} cannot"):
            IN_STATE[status]().cancel(NOW)

    @each_state
    def test_only_who_was_expected_fails_to_come(self, status: ReservationStatus) -> None:
        reservation = IN_STATE[status]()
        assert not reservation.note_no_show(END - timedelta(seconds=1))
        assert reservation.note_no_show(END) is (status is S.CONFIRMED)


class TestTheStay:
    def test_nobody_leaves_before_they_came(self) -> None:
        reservation = active()
        reservation.check_out(None, START - timedelta(hours=1))
        stay = reservation.state.parking_session
        assert stay is not None
        assert stay.exited_at == stay.entered_at == START

    def test_a_no_show_whose_entry_comes_to_light_stays(self) -> None:
        reservation = no_show()
        reservation.check_in(uuid4(), START)
        assert (reservation.state.status, happened(reservation)[-1]) == (S.ACTIVE, "CheckedIn")


def test_versions_count_the_events_of_a_whole_life() -> None:
    reservation = active()
    reservation.check_out(None, END)
    assert happened(reservation) == ["Created", "Confirmed", "CheckedIn", "Completed"]
    versions = [event.reservation.version for event in reservation.events]
    assert versions[0] == 1
    assert all(later == earlier + 1 for earlier, later in pairwise(versions))


def test_a_raised_charge_is_an_event_of_its_own() -> None:
    reservation = active()
    late = open_charge(uuid4(), ChargeReason.OVERSTAY, price(hourly().tariff, period(1, END), ZURICH))
    reservation.check_out(late, END + timedelta(hours=1))
    assert [(type(event).__name__, event.reservation.version) for event in reservation.events[-2:]] == [
        ("ChargeRaised", 4),
        ("ReservationCompleted", 5),
    ]
    assert reservation.events[-2].reservation.charges[-1] == late


def test_another_spot_changes_nothing_else() -> None:
    state, spot = pending().state, a_spot("9")
    assert replace(state.moved_to(spot), spot=state.spot) == state
