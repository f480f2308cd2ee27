"""Whom each event of another service notifies."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from services.notification.tests.events import payment_event, reservation_event, spot_event
from services.notification.tests.stories import NOW, details, source_event

from notification_service.domain.notifications import NotificationKind
from notification_service.domain.source_events import MAILED_FOR, NEWS_FOR
from notification_service.entrypoints import consumers
from parking_chassis.ids import new_id
from parking_events import (
    EVENT_CLASSES,
    AffectedPolicy,
    Charge,
    ChargeRaisedV1,
    ChargeReason,
    ChargeStatus,
    MovedFrom,
    PaymentFailedV1,
    PaymentRefundedV1,
    PaymentRequestedV1,
    PaymentState,
    PaymentSucceededV1,
    RefundStatus,
    ReservationCancelledV1,
    ReservationChangedV1,
    ReservationCheckedInV1,
    ReservationConfirmedV1,
    ReservationCreatedV1,
    ReservationExpiredV1,
    ReservationExtendedV1,
    ReservationNoShowV1,
    ReservationReinstatedV1,
    ReservationState,
    ReservationStatus,
    SettledBooking,
    SupplyChangeFinishedV1,
    SupplyChangeOutcome,
    SupplyChangeProgressedV1,
    SupplyChangeState,
    SupplyChangeStatus,
    WireEvent,
)
from parking_events import Money as WireMoney
from parking_events import Refund as WireRefund
from parking_kernel.money import Money
from parking_messaging import Envelope
from parking_messaging.records import Subject

K = NotificationKind


def envelope(event: WireEvent) -> Envelope:
    subject = Subject(event.topic.name, event.subject)
    return Envelope(new_id(), event.event_type, "/services/test", subject, datetime.now(UTC), 0, 0, {})


def test_a_driver_is_notified_of_the_spot_before_the_move_and_the_one_after() -> None:
    moved_from = MovedFrom(spot_id=uuid4(), spot_number="B12")
    changes = {"reason": "supply_change", "changed": ("spot", "moved_from"), "moved_from": moved_from}
    event = reservation_event(ReservationChangedV1, **changes)
    source = consumers.reservation_source(event, envelope(event))
    assert source.kind is K.RESERVATION_CHANGED
    assert source.details
    assert (source.details.previous_spot_number, source.details.spot_number) == ("B12", "A7")
    assert source.details.is_of_supply_change
    assert source.public["moved_from"] == {"spot_id": str(moved_from.spot_id), "spot_number": "B12"}


def test_what_happens_to_a_moved_reservation_later_speaks_of_no_move() -> None:
    moved_from = MovedFrom(spot_id=uuid4(), spot_number="B12")
    event = reservation_event(ReservationCancelledV1, reason="driver", moved_from=moved_from)
    details = consumers.reservation_source(event, envelope(event)).details
    assert details
    assert (details.previous_spot_number, details.is_of_supply_change) == (None, False)


def supply_change_event(event_class: type[SupplyChangeState], **changes: Any) -> SupplyChangeState:
    values: dict[str, Any] = {
        "version": 4,
        "id": uuid4(),
        "parking_lot_id": uuid4(),
        "organization_id": uuid4(),
        "affected": AffectedPolicy.MOVE,
        "status": SupplyChangeStatus.DONE,
        "total": 2,
        "moved": 1,
        "refunded": 1,
        "cancelled": 0,
        "waiting_for_exit": 0,
        "at": NOW,
    }
    return event_class(**(values | changes))


def test_an_operator_sees_the_summary_of_a_supply_change_live() -> None:
    event = supply_change_event(SupplyChangeFinishedV1)
    source = consumers.supply_change_source(event, envelope(event))
    assert (source.name, source.kind) == ("supply_change.finished", None)
    assert [str(room) for room in source.rooms] == [f"organization:{event.organization_id}"]
    summary = {name: source.public[name] for name in ("status", "total", "moved", "refunded", "cancelled")}
    assert summary == {"status": "done", "total": 2, "moved": 1, "refunded": 1, "cancelled": 0}


def test_and_each_booking_as_it_is_decided() -> None:
    last = SettledBooking(reservation_id=uuid4(), outcome=SupplyChangeOutcome.MOVED)
    event = supply_change_event(SupplyChangeProgressedV1, status=SupplyChangeStatus.RUNNING, last=last)
    public = consumers.supply_change_source(event, envelope(event)).public
    assert public["last"] == {"reservation_id": str(last.reservation_id), "outcome": "moved"}


def test_a_supply_change_that_no_booking_was_in_the_way_of_is_no_news() -> None:
    event = supply_change_event(SupplyChangeFinishedV1, total=0, moved=0, refunded=0)
    assert consumers.supply_change_source(event, envelope(event)).rooms == ()


@pytest.mark.parametrize(
    ("event_class", "kind"),
    [
        (ReservationCreatedV1, None),
        (ReservationConfirmedV1, K.RESERVATION_CONFIRMED),
        (ReservationReinstatedV1, K.RESERVATION_CONFIRMED),
        (ReservationExtendedV1, K.RESERVATION_CHANGED),
        (ReservationCancelledV1, K.RESERVATION_CANCELLED),
        (ReservationExpiredV1, K.RESERVATION_EXPIRED),
        (ReservationCheckedInV1, None),
    ],
)
def test_a_reservation_notifies_its_driver(event_class: type[ReservationState], kind: K | None) -> None:
    event = reservation_event(event_class)
    source = consumers.reservation_source(event, envelope(event))
    assert (source.kind, source.user_id) == (kind, event.user_id)
    assert {str(room) for room in source.rooms} == {
        f"user:{event.user_id}",
        f"reservation:{event.reservation_id}",
        f"organization:{event.organization_id}",
    }


@pytest.mark.parametrize(
    ("reason", "kind"),
    [("user_suspended", K.DRIVER_SUSPENDED), ("user_reinstated", K.DRIVER_REINSTATED), ("supply_change", None)],
)
def test_a_change_of_the_drivers_status_is_for_the_operators_alone(reason: str, kind: K | None) -> None:
    event = reservation_event(ReservationChangedV1, changed=("user_status",), reason=reason)
    source = consumers.reservation_source(event, envelope(event))
    assert (source.kind, source.operators_kind) == (None, kind)
    assert source.organization_id == event.organization_id


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        (("charges",), None),
        (("refund_due",), None),
        (("user_status",), None),
        (("spot",), K.RESERVATION_CHANGED),
        (("spot", "charges"), K.RESERVATION_CHANGED),
        ((), K.RESERVATION_CHANGED),
    ],
)
def test_a_change_of_money_alone_is_for_the_payments_notification(changed: tuple[str, ...], kind: K | None) -> None:
    event = reservation_event(ReservationChangedV1, changed=changed)
    assert consumers.reservation_source(event, envelope(event)).kind is kind


@pytest.mark.parametrize(
    ("event_class", "kind"),
    [
        (PaymentRequestedV1, None),
        (PaymentSucceededV1, K.PAYMENT_SUCCEEDED),
        (PaymentFailedV1, K.PAYMENT_FAILED),
        (PaymentRefundedV1, K.PAYMENT_REFUNDED),
    ],
)
def test_a_payment_notifies_its_payer(event_class: type[PaymentState], kind: K | None) -> None:
    event = payment_event(event_class)
    source = consumers.payment_source(event, envelope(event))
    assert (source.kind, source.user_id) == (kind, event.user_id)
    assert {str(room) for room in source.rooms} == {f"user:{event.user_id}", f"reservation:{event.reservation_id}"}


def test_what_sensors_see_is_for_the_lots_room_alone() -> None:
    event = spot_event(uuid4())
    source = consumers.spot_source(event, envelope(event))
    assert [str(room) for room in source.rooms] == [f"lot:{event.parking_lot_id}"]
    assert (source.kind, source.name, source.public["occupied"]) == (None, "spot.occupied", True)


def test_a_refund_says_what_came_back_and_a_cancellation_what_will() -> None:
    back = WireMoney(amount=700, currency="CHF")
    refund = payment_event(PaymentRefundedV1, amount_refunded=back)
    cancelled = reservation_event(ReservationCancelledV1, refund_due=back)
    facts = (
        consumers.payment_source(refund, envelope(refund)).details,
        consumers.reservation_source(cancelled, envelope(cancelled)).details,
    )
    assert [each.amount for each in facts if each] == [Money(700, "CHF")] * 2


def refund(amount: int, status: RefundStatus = RefundStatus.SUCCEEDED, reason: str = "goodwill") -> WireRefund:
    money = WireMoney(amount=amount, currency="CHF")
    return WireRefund(refund_id=uuid4(), amount=money, status=status, reason=reason)


def test_a_refund_names_itself_and_not_what_went_back_before() -> None:
    earlier, this, later = refund(700), refund(300), refund(250)
    changes = {"refunds": (earlier, this, later), "amount_refunded": WireMoney(amount=1000, currency="CHF")}
    event = payment_event(PaymentRefundedV1, refund_id=this.refund_id, reason="goodwill", **changes)
    details = consumers.payment_source(event, envelope(event)).details
    assert details
    assert (details.amount, details.reason) == (Money(300, "CHF"), "goodwill")


@pytest.mark.parametrize(("reason", "amount"), [("cancelled", 700), ("goodwill", 300), ("unknown", 300), (None, 300)])
def test_of_an_event_that_names_no_refund_it_is_the_last_that_arrived_for_that_reason(
    reason: str | None, amount: int
) -> None:
    refunds = (refund(700, reason="cancelled"), refund(300), refund(250, RefundStatus.REQUESTED, "cancelled"))
    event = payment_event(PaymentRefundedV1, refunds=refunds, reason=reason)
    details = consumers.payment_source(event, envelope(event)).details
    assert details
    assert details.amount == Money(amount, "CHF")


def test_a_failed_payment_carries_the_code_of_its_decline() -> None:
    event = payment_event(PaymentFailedV1, failure_code="insufficient_funds", reason="insufficient_funds")
    details = consumers.payment_source(event, envelope(event)).details
    assert details
    assert details.reason == "insufficient_funds"


@pytest.mark.parametrize(
    ("status", "is_held"),
    [(ReservationStatus.PENDING, True), (ReservationStatus.CONFIRMED, False), (ReservationStatus.EXPIRED, False)],
)
def test_a_spot_is_held_while_its_reservation_is_pending(status: ReservationStatus, is_held: bool) -> None:
    event = reservation_event(ReservationCreatedV1, status=status, hold_expires_at=NOW)
    assert consumers.reservation_copy(event).held_until == (NOW if is_held else None)


def test_a_no_show_notifies_the_driver_of_what_was_paid() -> None:
    paid = WireMoney(amount=800, currency="CHF")
    event = reservation_event(ReservationNoShowV1, amount_paid=paid)
    source = consumers.reservation_source(event, envelope(event))
    assert source.kind is K.RESERVATION_NO_SHOW
    assert source.details
    assert source.details.amount == Money(800, "CHF")


def charge(reason: ChargeReason, amount: int) -> Charge:
    owed = WireMoney(amount=amount, currency="CHF")
    status = ChargeStatus.OPEN if amount else ChargeStatus.PAID
    return Charge(charge_id=uuid4(), amount=owed, tax=WireMoney(amount=0, currency="CHF"), reason=reason, status=status)


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (charge(ChargeReason.OVERSTAY, 400), K.OVERSTAY_WARNING),
        (charge(ChargeReason.OVERSTAY, 0), None),
        (charge(ChargeReason.EXTENSION, 400), None),
    ],
)
def test_overstay_notifies_the_driver_of_what_is_owed_where_anything_is(raised: Charge, kind: K | None) -> None:
    event = reservation_event(ChargeRaisedV1, charges=(charge(ChargeReason.BOOKING, 1250), raised))
    source = consumers.reservation_source(event, envelope(event))
    assert source.kind is kind
    assert source.details
    assert source.details.amount == Money(raised.amount.amount, "CHF")


def test_rooms_get_no_user() -> None:
    event = reservation_event()
    public = consumers.reservation_source(event, envelope(event)).public
    assert str(event.user_id) not in str(public)


def test_a_car_without_a_reservation_has_nobody_to_notify() -> None:
    event = reservation_event(user_id=None)
    source = consumers.reservation_source(event, envelope(event))
    assert source.user_id is None
    assert not [room for room in source.rooms if str(room).startswith("user:")]


def test_every_kind_of_event_has_a_short_name() -> None:
    names = {consumers.short_name(event_type) for event_type in EVENT_CLASSES}
    assert {"reservation.confirmed", "payment.refunded", "lot.counted", "charge.raised"} <= names


def test_a_mail_comes_soon_or_not_at_all() -> None:
    source = source_event(details=details())
    assert source.deserves_mail(NOW + MAILED_FOR - timedelta(seconds=1))
    assert not source.deserves_mail(NOW + MAILED_FOR)


def test_old_events_are_no_news() -> None:
    source = source_event(details=details())
    assert source.is_news(NOW + NEWS_FOR - timedelta(seconds=1))
    assert not source.is_news(NOW + NEWS_FOR)
    assert source.is_live(NOW + timedelta(hours=23))
    assert not source.is_live(NOW + timedelta(hours=24))
    assert replace(source, user_id=None).is_news(NOW)
