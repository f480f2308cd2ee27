"""The gate's side of the table of states: every state at the entry and at the exit, and the time around the entry."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from services.reservation.tests.examples import START, a_hold

from reservation_service.domain.gates import Reason, at_entry, at_exit
from reservation_service.domain.reservations import Reservation, ReservationState, ReservationStatus

S = ReservationStatus
END = START + timedelta(hours=3)
SECOND = timedelta(seconds=1)


TABLE = {
    S.PENDING: (Reason.UNPAID, Reason.NOT_IN),
    S.CONFIRMED: (Reason.OK, Reason.EXIT_KEPT),
    S.ACTIVE: (Reason.ALREADY_IN, Reason.OK),
    S.COMPLETED: (Reason.ALREADY_OUT, Reason.ALREADY_OUT),
    S.EXPIRED: (Reason.EXPIRED, Reason.EXPIRED),
    S.CANCELLED: (Reason.CANCELLED, Reason.CANCELLED),
    S.NO_SHOW: (Reason.OK, Reason.EXIT_KEPT),
}


@pytest.mark.parametrize("status", list(S))
def test_each_state_in_its_time(status: ReservationStatus) -> None:
    state = replace(a_hold().state, status=status)
    at_the_entry, at_the_exit = TABLE[status]
    assert at_entry(state, state.parking_lot_id, START).reason is at_the_entry
    assert at_exit(state, state.parking_lot_id, START).reason is at_the_exit


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        pytest.param(START - timedelta(minutes=15) - SECOND, Reason.TOO_EARLY, id="more than a quarter before"),
        pytest.param(START - timedelta(minutes=15), Reason.OK, id="a quarter before"),
        pytest.param(END - SECOND, Reason.OK, id="to the last second"),
        pytest.param(END, Reason.TOO_LATE, id="at the end"),
    ],
)
def test_the_time_of_entry(at: datetime, reason: Reason) -> None:
    state = replace(a_hold().state, status=S.CONFIRMED)
    assert at_entry(state, state.parking_lot_id, at).reason is reason


def test_how_early_is_a_setting() -> None:
    state = replace(a_hold().state, status=S.CONFIRMED)
    assert at_entry(state, state.parking_lot_id, START - SECOND, timedelta(0)).reason is Reason.TOO_EARLY
    assert at_entry(state, state.parking_lot_id, START - timedelta(hours=1), timedelta(hours=1)).opens


def test_a_no_show_comes_in_only_if_that_happened_in_time() -> None:
    state = replace(a_hold().state, status=S.NO_SHOW)
    assert at_entry(state, state.parking_lot_id, END - SECOND).opens
    assert at_entry(state, state.parking_lot_id, END).reason is Reason.NO_SHOW


@pytest.mark.parametrize("status", list(S))
def test_another_lots_gate_says_nothing_else(status: ReservationStatus) -> None:
    state = replace(a_hold().state, status=status)
    assert at_entry(state, uuid4(), START).reason is Reason.WRONG_LOT
    assert at_exit(state, uuid4(), START).reason is Reason.WRONG_LOT


@pytest.mark.parametrize("status", [S.CONFIRMED, S.NO_SHOW])
def test_an_exit_is_kept_if_there_can_have_been_an_entry(status: ReservationStatus) -> None:
    state = replace(a_hold().state, status=status)
    opens = START - timedelta(minutes=15)
    assert at_exit(state, state.parking_lot_id, opens - SECOND).reason is Reason.NOT_IN
    assert at_exit(state, state.parking_lot_id, opens).reason is Reason.EXIT_KEPT
    assert at_exit(state, state.parking_lot_id, END + timedelta(days=1)).reason is Reason.EXIT_KEPT


class TestASuspendedUser:
    @pytest.mark.parametrize("status", [S.CONFIRMED, S.NO_SHOW])
    def test_does_not_come_in(self, status: ReservationStatus) -> None:
        state = replace(a_hold().state, status=status)
        verdict = at_entry(state, state.parking_lot_id, START, suspended_at=START)
        assert (verdict.reason, verdict.opens) == (Reason.USER_SUSPENDED, False)

    def test_came_in_before_that_happened(self) -> None:
        state = replace(a_hold().state, status=S.CONFIRMED)
        assert at_entry(state, state.parking_lot_id, START, suspended_at=START + SECOND).opens


class TestAnEntryBeforeTheCancellation:
    CANCELLED_AT = START - timedelta(minutes=5)

    def paid(self) -> ReservationState:
        reservation = a_hold()
        charge = reservation.state.charges[0]
        assert reservation.settle(charge.id, uuid4(), charge.amount, START - timedelta(days=1))
        return reservation.state

    def cancelled(self) -> ReservationState:
        reservation = Reservation(self.paid())
        reservation.cancel(self.CANCELLED_AT)
        return reservation.state

    @pytest.mark.parametrize(
        ("at", "reason"),
        [
            pytest.param(CANCELLED_AT - SECOND, Reason.ENTRY_KEPT, id="before it"),
            pytest.param(CANCELLED_AT, Reason.CANCELLED, id="from then on"),
            pytest.param(START - timedelta(minutes=15) - SECOND, Reason.CANCELLED, id="before any gate opened"),
        ],
    )
    def test_it_is_kept_if_the_gate_was_right_to_open(self, at: datetime, reason: Reason) -> None:
        state = self.cancelled()
        assert at_entry(state, state.parking_lot_id, at).reason is reason

    def test_its_exit_is_kept_whenever_it_is(self) -> None:
        state = self.cancelled()
        assert at_exit(state, state.parking_lot_id, END, entry_is_kept=True).reason is Reason.EXIT_KEPT
        assert at_exit(state, state.parking_lot_id, self.CANCELLED_AT - SECOND).reason is Reason.EXIT_KEPT

    @pytest.mark.parametrize(
        ("at", "reason"),
        [
            pytest.param(START - timedelta(minutes=15) - SECOND, Reason.CANCELLED, id="before any gate opened"),
            pytest.param(START - timedelta(minutes=15), Reason.EXIT_KEPT, id="as soon as one may have"),
            pytest.param(END + timedelta(hours=24) - SECOND, Reason.EXIT_KEPT, id="while its entry may be reported"),
            pytest.param(END + timedelta(hours=24), Reason.CANCELLED, id="no longer"),
        ],
    )
    def test_its_exit_is_kept_while_the_entry_may_come(self, at: datetime, reason: Reason) -> None:
        state = self.cancelled()
        assert at_exit(state, state.parking_lot_id, at).reason is reason

    def test_no_list_lets_in_what_was_cancelled_a_day_before(self) -> None:
        reservation = Reservation(self.paid())
        reservation.cancel(START - timedelta(hours=24, minutes=15))
        state = reservation.state
        assert at_entry(state, state.parking_lot_id, START, was_let_in=True).reason is Reason.CANCELLED
        assert at_exit(state, state.parking_lot_id, END).reason is Reason.CANCELLED

    def test_an_older_list_let_it_in_after_the_cancellation_too(self) -> None:
        state = self.cancelled()
        assert at_entry(state, state.parking_lot_id, START, was_let_in=True).reason is Reason.ENTRY_KEPT
        assert at_entry(state, state.parking_lot_id, END, was_let_in=True).reason is Reason.CANCELLED

    def test_a_hold_that_was_never_paid_let_nobody_in(self) -> None:
        hold = a_hold()
        hold.cancel(self.CANCELLED_AT)
        assert at_entry(hold.state, hold.state.parking_lot_id, self.CANCELLED_AT - SECOND).reason is Reason.CANCELLED
