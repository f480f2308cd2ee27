"""Bookings, payments, cancellations, gates and changes of supply at random.

Whatever the order: no spot's time is given twice, every captured payment has a live booking or goes back in full, and
after the job no booking stands on what is gone, but those whose exit is known and whose entry may still come: they stay
as they are.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from services.reservation.tests.examples import NOW, ZURICH, period
from services.reservation.tests.fakes.installation import FakeInstallation
from services.reservation.tests.unit.test_gate_commands import Barrier
from services.reservation.tests.unit.test_supply_and_early_exits import nothing_kept
from services.reservation.tests.unit.test_supply_changes import changes_lot, settles, taken_away, takes_out

from parking_kernel.askers import THE_SERVICE, Asker
from parking_kernel.opening_hours import opening_hours_of
from reservation_service.application.commands.cancel_reservation import CancelReservation, CancelReservationHandler
from reservation_service.application.commands.expire_holds import ExpireHolds
from reservation_service.application.commands.settle_booking import SettleBookingHandler
from reservation_service.application.commands.settle_supply_changes import SettleSupplyChanges
from reservation_service.application.event_handlers.settle_payments import Captured, SettlePayments
from reservation_service.domain.gates import REPORTED_WITHIN, Reason
from reservation_service.domain.incoming_payments import TakenIn
from reservation_service.domain.reservations import ReservationState, ReservationStatus
from reservation_service.domain.supply import AffectedPolicy, Supply, SupplyChangeStatus

S = ReservationStatus
SPOTS = ("standard", "standard", "compact", "standard", "ev_charging")
SOON = period(3, NOW + timedelta(minutes=10))  # 13:10 to 16:10 in Zurich
PERIODS = (SOON, period(2, NOW + timedelta(hours=8)), period(3, NOW + timedelta(days=1)))
EVERY_DAY = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOURS = (
    None,
    opening_hours_of({day: [["08:00", "18:00"]] for day in EVERY_DAY}),
    opening_hours_of({day: [["18:00", "24:00"]] for day in EVERY_DAY}),
)
POLICIES = st.sampled_from(AffectedPolicy)
WHICH = st.integers(0, 30)
PAYS = {S.CONFIRMED, S.ACTIVE, S.COMPLETED, S.NO_SHOW}


class Supplying(RuleBasedStateMachine):
    """One lot of five spots. `captured` is what was ever paid, by payment."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.service = FakeInstallation()
        self.captured: dict[UUID, tuple[UUID, int]] = {}
        self.by_terms: set[UUID] = set()

    def does[Found](self, work: Coroutine[Any, Any, Found]) -> Found:
        return self.runner.run(work)

    def teardown(self) -> None:
        self.runner.close()

    @initialize()
    def a_lot_opens(self) -> None:
        self.lot = self.does(self.service.with_lot(SPOTS))

    @property
    def states(self) -> list[ReservationState]:
        return list(self.service.tables.reservations.values())

    def one(self, which: int) -> ReservationState:
        return self.states[which % len(self.states)]

    @rule(spot_type=st.sampled_from((None, *SPOTS)), when=st.sampled_from(PERIODS))
    def a_driver_books(self, spot_type: str | None, when: Any) -> None:
        lot = self.service.tables.lots[self.lot.id]
        takes = lot.opening_hours is None or lot.opening_hours.is_open_during(when, ZURICH)
        if takes and lot.is_open and self.service.clock.now() < when.starts_at:
            self.does(self.service.reserve(self.lot, spot_type=spot_type, when=when))

    @precondition(lambda self: self.states)
    @rule(which=WHICH)
    def money_comes(self, which: int) -> None:
        state, payment_id = self.one(which), uuid4()
        charge = state.charges[0]
        self.captured[payment_id] = (state.id, charge.amount.amount)

        async def settle() -> None:
            event = SettlePayments([Captured(state.id, charge.id, payment_id, charge.amount)])
            async with self.service.work(THE_SERVICE) as work:
                await self.service.settle(work, event)

        self.does(settle())

    @precondition(lambda self: self.states)
    @rule(which=WHICH)
    def the_driver_cancels(self, which: int) -> None:
        state = self.one(which)
        if state.status not in {S.PENDING, S.CONFIRMED}:
            return
        if any(reservation_id == state.id for reservation_id, _ in self.service.tables.early_exits):
            return  # its car was here: refused
        if state.period is SOON and state.moved_from is None:
            self.by_terms.add(state.id)  # within the hour before the start half goes back, or nothing
        cancel = CancelReservationHandler(self.service.work)
        self.does(cancel(CancelReservation(Asker(state.user_id), state.id)))

    @precondition(lambda self: self.states)
    @rule(which=WHICH)
    def a_car_comes(self, which: int) -> None:
        state = self.one(which)
        answer = self.does(Barrier(self.service, self.lot, state).enter())
        if answer.verdict.opens:
            inside = self.service.tables.reservations[state.id]
            assert self.service.tables.spots[inside.spot.id].in_service, "the gate opened onto a spot that is gone"

    @precondition(lambda self: self.states)
    @rule(which=WHICH)
    def a_car_goes(self, which: int) -> None:
        self.does(Barrier(self.service, self.lot, self.one(which)).leave())

    @precondition(lambda self: self.states)
    @rule(which=WHICH, minutes=st.integers(2, 90))
    def a_gate_reports_what_was(self, which: int, minutes: int) -> None:
        at = self.service.clock.now() - timedelta(minutes=minutes)
        self.does(Barrier(self.service, self.lot, self.one(which)).enter(at))

    @rule(which=st.integers(0, len(SPOTS) - 1), policy=POLICIES, is_named=st.booleans())
    def a_spot_goes(self, which: int, policy: AffectedPolicy, *, is_named: bool) -> None:
        spot_id = list(self.service.tables.spots)[which]
        if not is_named:
            policy = AffectedPolicy.MOVE
        self.does(takes_out(self.service, taken_away(self.lot, policy, is_named=is_named), spot_id))

    @rule(which=st.integers(0, len(SPOTS) - 1))
    def a_spot_comes_back(self, which: int) -> None:
        spot = list(self.service.tables.spots.values())[which]
        self.service.tables.spots[spot.id] = replace(spot, in_service=True, version=spot.version + 1)

    @rule(hours=st.sampled_from(HOURS), policy=POLICIES)
    def the_hours_change(self, hours: Any, policy: AffectedPolicy) -> None:
        self.does(changes_lot(self.service, taken_away(self.lot, policy), opening_hours=hours))

    @precondition(lambda self: len(self.states) > 6)
    @rule(ever=st.integers(0, 9))
    def the_lot_is_retired(self, ever: int) -> None:
        if not ever:
            self.does(changes_lot(self.service, taken_away(self.lot), is_open=False, is_retired=True))

    @rule()
    def the_job_looks(self) -> None:
        waiting = self.waiting
        self.does(self.service.settle_supply_changes(SettleSupplyChanges()))
        self.is_as_it_was(waiting)

    @rule()
    def holds_expire(self) -> None:
        self.service.clock.advance(timedelta(minutes=15))
        self.service.tables.payment_watermark["seen"] = TakenIn(self.service.clock.now())
        self.does(self.service.expire_holds(ExpireHolds()))

    @rule()
    def the_job_is_done(self) -> None:
        """No booking stands on what is gone, and every change has told of each of its bookings."""
        waiting = self.waiting
        for _ in range(3):
            self.does(settles(self.service))
        self.is_as_it_was(waiting)
        tables, now = self.service.tables, self.service.clock.now()
        supply: dict[UUID, Supply] = self.does(self._supply())
        for state in self.states:
            if state.id in self.waiting:
                continue
            if state.status in {S.PENDING, S.CONFIRMED} and now < state.period.ends_at:
                assert tables.spots[state.spot.id].in_service
                assert supply[state.id].lot_takes(state)
        for change in tables.supply_changes.values():
            assert change.total == change.seen
            assert (change.status is SupplyChangeStatus.DONE) == (not change.waiting)

    @property
    def waiting(self) -> dict[UUID, ReservationState]:
        """The confirmed ones whose exit is known, and whose entry may come for some time yet."""
        since = self.service.clock.now() - REPORTED_WITHIN + timedelta(hours=1)
        left = {reservation_id for reservation_id, at in self.service.tables.early_exits if at >= since}
        return {state.id: state for state in self.states if state.status is S.CONFIRMED and state.id in left}

    def is_as_it_was(self, waiting: dict[UUID, ReservationState]) -> None:
        assert {each: self.service.tables.reservations[each] for each in waiting} == waiting

    async def _supply(self) -> dict[UUID, Supply]:
        async with self.service.work(THE_SERVICE) as work:
            return dict(await work.lots.supply_of(self.states))

    @invariant()
    def no_time_is_given_twice(self) -> None:
        rows = self.service.tables.allocations
        for place, one in enumerate(rows):
            for other in rows[:place]:
                apart = one.during.ends_at <= other.during.starts_at or other.during.ends_at <= one.during.starts_at
                assert one.spot_id != other.spot_id or apart

    @invariant()
    def who_counts_has_the_time_of_the_spot(self) -> None:
        held = {row.reservation_id: row.spot_id for row in self.service.tables.allocations}
        counting = {S.PENDING, S.CONFIRMED, S.ACTIVE}
        assert held == {state.id: state.spot.id for state in self.states if state.status in counting}

    @invariant()
    def every_payment_has_a_booking_or_goes_back(self) -> None:
        for payment_id, (reservation_id, amount) in self.captured.items():
            state = self.service.tables.reservations[reservation_id]
            pays_for = {charge.paid_by for charge in state.charges}
            back = sum(each.amount.amount for each in state.refund_orders if each.payment_id == payment_id)
            if payment_id in pays_for and state.status in PAYS:
                assert back == 0
            elif not (payment_id in pays_for and reservation_id in self.by_terms):
                assert back == amount


TestSupplying = Supplying.TestCase
TestSupplying.settings = settings(max_examples=60, stateful_step_count=40, deadline=None, derandomize=True)


class TestNegativeControls:
    """What the machine must not let pass."""

    def with_a_booking_on_a_spot_that_goes(self) -> Supplying:
        machine = Supplying()
        machine.a_lot_opens()
        machine.a_driver_books("standard", PERIODS[-1])
        machine.money_comes(0)
        (state,) = machine.states
        spots = list(machine.service.tables.spots)
        machine.a_spot_goes(spots.index(state.spot.id), AffectedPolicy.REFUND, is_named=True)
        return machine

    def test_a_job_that_does_nothing(self) -> None:
        machine = self.with_a_booking_on_a_spot_that_goes()
        settles_nothing = replace(machine.service.settle_supply_changes, settle_booking=cast("Any", _nothing))
        machine.service.settle_supply_changes = settles_nothing
        with pytest.raises(AssertionError):
            machine.the_job_is_done()
        machine.teardown()

    def test_a_job_that_gives_back_what_was_used(self) -> None:
        machine = self.with_a_booking_on_a_spot_that_goes()
        (state,) = machine.states
        machine.service.clock.present = state.period.starts_at
        assert machine.does(Barrier(machine.service, machine.lot, state).leave()).verdict.reason is Reason.EXIT_KEPT
        settling = SettleBookingHandler(nothing_kept(machine.service))
        settles_all = replace(machine.service.settle_supply_changes, settle_booking=settling)
        machine.service.settle_supply_changes = settles_all
        with pytest.raises(AssertionError):
            machine.the_job_is_done()
        machine.teardown()

    def test_a_cancellation_without_its_refund(self) -> None:
        machine = self.with_a_booking_on_a_spot_that_goes()
        machine.the_job_is_done()
        machine.every_payment_has_a_booking_or_goes_back()
        (state,) = machine.states
        machine.service.tables.reservations[state.id] = replace(state, refund_orders=())
        with pytest.raises(AssertionError):
            machine.every_payment_has_a_booking_or_goes_back()
        machine.teardown()


async def _nothing(_command: object) -> None:
    return None
