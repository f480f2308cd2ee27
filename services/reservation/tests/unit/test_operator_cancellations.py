"""An operator cancels a driver's booking: in which states, what goes back, and what is kept of it."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from services.reservation.tests.examples import NOW, START, a_hold, a_spot
from services.reservation.tests.fakes.installation import FakeInstallation, operator_of

from parking_kernel.money import Money
from parking_kernel.repeatable import Answer
from reservation_service.adapters.kafka.to_wire import to_wire
from reservation_service.application.commands.cancel_for_operator import CancelForOperator, CancelForOperatorHandler
from reservation_service.application.ports import LotCopy
from reservation_service.domain.cancellation import OperatorRefund
from reservation_service.domain.charges import ChargeStatus
from reservation_service.domain.errors import NotCancellable, UnknownReservation
from reservation_service.domain.gates import REPORTED_WITHIN
from reservation_service.domain.refund_orders import RefundReason
from reservation_service.domain.reservations import Reservation, ReservationState, ReservationStatus

S, R, Back = ReservationStatus, RefundReason, OperatorRefund
PAYMENT = UUID(int=1)
REASON = "The level is flooded. We are sorry."
HALF_AN_HOUR_BEFORE = START - timedelta(minutes=30)


def confirmed() -> Reservation:
    reservation = a_hold()
    charge = reservation.state.charges[0]
    assert reservation.settle(charge.id, PAYMENT, charge.amount, NOW)
    assert reservation.state.status is S.CONFIRMED
    return reservation


@pytest.mark.parametrize(
    ("refund", "orders"),
    [(Back.FULL, [(PAYMENT, 600, R.OPERATOR)]), (Back.BY_TERMS, [(PAYMENT, 300, R.CANCELLED)]), (Back.NONE, [])],
)
def test_what_goes_back_is_what_the_operator_says(
    refund: OperatorRefund, orders: list[tuple[UUID, int, RefundReason]]
) -> None:
    reservation = confirmed()
    reservation.cancel_for_operator(refund, HALF_AN_HOUR_BEFORE)
    event = reservation.events[-1]
    assert (reservation.state.status, event.reason) == (S.CANCELLED, "operator")
    assert [(each.payment_id, each.amount.amount, each.reason) for each in reservation.state.refund_orders] == orders


def test_by_the_terms_a_moved_booking_goes_back_as_a_whole() -> None:
    reservation = confirmed()
    reservation.move(a_spot("2"), NOW)
    reservation.cancel_for_operator(Back.BY_TERMS, START + timedelta(minutes=5))
    assert reservation.state.refund_due == Money(600, "CHF")


@pytest.mark.parametrize("refund", list(Back))
def test_a_pending_one_owes_nothing_any_more_and_money_that_comes_yet_goes_back(refund: OperatorRefund) -> None:
    reservation = a_hold()
    reservation.cancel_for_operator(refund, NOW)
    (charge,) = reservation.state.charges
    assert (reservation.state.status, charge.status) == (S.CANCELLED, ChargeStatus.VOID)
    assert reservation.state.refund_orders == ()
    reservation.settle(charge.id, PAYMENT, charge.amount, NOW)
    assert reservation.state.refund_due == charge.amount


@pytest.mark.parametrize("status", [S.ACTIVE, S.COMPLETED, S.EXPIRED, S.CANCELLED, S.NO_SHOW])
def test_in_every_other_state_it_is_refused(status: ReservationStatus) -> None:
    reservation = Reservation(replace(confirmed().state, status=status))
    with pytest.raises(NotCancellable, match=f"A reservation that is {status.value} cannot be cancelled"):
        reservation.cancel_for_operator(Back.FULL, NOW)
    assert reservation.events == []


def test_the_event_has_the_code_and_the_order() -> None:
    reservation = confirmed()
    reservation.cancel_for_operator(Back.FULL, NOW)
    sent = to_wire(reservation.events[-1]).model_dump(mode="json")
    assert (sent["reason"], sent["status"], sent["refund_due"]["amount"]) == ("operator", "cancelled", 600)
    assert [each["reason"] for each in sent["refund_orders"]] == ["operator"]


class TestTheCommand:
    @staticmethod
    async def cancel(
        service: FakeInstallation,
        lot: LotCopy,
        reservation: ReservationState,
        **say: str,
    ) -> Answer:
        asker = operator_of(lot)
        assert asker.user_id
        said = {"reason": REASON, "refund": "full", **say}
        command = CancelForOperator(
            asker, asker.user_id, reservation.id, said["reason"], OperatorRefund(said["refund"])
        )
        handler = CancelForOperatorHandler(service.work)
        return await handler(command, lambda state, name: Answer(200, f"{name} {state.version}".encode()))

    async def test_it_keeps_who_when_and_why_and_the_spot_is_free(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["standard"])
        paid = await service.paid(await service.held(lot))
        assert (await service.reserve(lot)).status == 409
        await self.cancel(service, lot, paid)
        kept = service.tables.operator_cancellations[paid.id]
        assert (kept.reason, kept.refund, kept.cancelled_at) == (REASON, Back.FULL, service.clock.now())
        assert (await service.held(lot)).spot == paid.spot
        assert all(REASON not in repr(event) for event in service.tables.outbox), "the text is in no event"

    async def test_the_same_again_changes_nothing_and_another_word_is_refused(self, service: FakeInstallation) -> None:
        lot = await service.with_lot()
        paid = await service.paid(await service.held(lot))
        first = await self.cancel(service, lot, paid)
        assert await self.cancel(service, lot, paid) == first
        for other in ({"reason": "Another"}, {"refund": "none"}):
            with pytest.raises(NotCancellable, match="cancelled already, for another reason or with another refund"):
                await self.cancel(service, lot, paid, **other)
        assert service.published().count("ReservationCancelled") == 1

    async def test_what_the_driver_cancelled_is_not_cancelled_again(self, service: FakeInstallation) -> None:
        lot = await service.with_lot()
        paid = await service.paid(await service.held(lot))
        service.tables.reservations[paid.id] = replace(paid, status=S.CANCELLED)
        with pytest.raises(NotCancellable):
            await self.cancel(service, lot, paid)
        assert service.tables.operator_cancellations == {}

    async def test_a_car_whose_exit_is_known_was_here_while_its_entry_may_be_reported(
        self, service: FakeInstallation
    ) -> None:
        lot = await service.with_lot()
        paid = await service.paid(await service.held(lot))
        service.tables.early_exits[paid.id, service.clock.present - REPORTED_WITHIN] = None
        with pytest.raises(NotCancellable, match="was here"):
            await self.cancel(service, lot, paid)
        service.clock.present += timedelta(seconds=1)
        await self.cancel(service, lot, paid)
        assert service.tables.reservations[paid.id].status is S.CANCELLED

    async def test_of_anothers_lot_it_is_unknown(self, service: FakeInstallation) -> None:
        lot = await service.with_lot()
        paid = await service.paid(await service.held(lot))
        other = await service.with_lot()
        for reservation in (paid, replace(paid, id=uuid4())):
            with pytest.raises(UnknownReservation):
                await self.cancel(service, other, reservation)
        assert service.tables.reservations[paid.id] == paid
