"""What a driver reads of money and of a stay that went otherwise than booked, and an operator of a suspension."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_string
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest_asyncio
from services.notification.tests.events import Publishing, lot_event, payment_event, reservation_event
from services.notification.tests.installation import access_token, bearer
from services.notification.tests.running import RunningNotification, open_socket
from services.notification.tests.talking import enter, receive_events

from parking_chassis.ids import new_id
from parking_events import (
    Charge,
    ChargeRaisedV1,
    ChargeReason,
    ChargeStatus,
    Member,
    Money,
    OrganizationCreatedV1,
    OrganizationMemberRemovedV1,
    PaymentFailedV1,
    PaymentRefundedV1,
    PaymentState,
    PaymentStatus,
    PaymentSucceededV1,
    Refund,
    RefundOrder,
    RefundStatus,
    ReservationCancelledV1,
    ReservationChangedV1,
    ReservationConfirmedV1,
    ReservationCreatedV1,
    ReservationNoShowV1,
    ReservationState,
    ReservationStatus,
)
from parking_platform.testing.waiting import wait_until


def chf(amount: int) -> Money:
    return Money(amount=amount, currency="CHF")


@dataclass
class Story:
    """One driver's reservation, of which the other services publish one thing after the other."""

    notification: RunningNotification
    publish: Publishing
    user_id: UUID
    address: str
    ids: dict[str, UUID]
    version: int = 0

    async def reservation(self, event_class: type[ReservationState], **changes: Any) -> None:
        self.version += 1
        await self.publish(reservation_event(event_class, **self.ids, version=self.version, **changes))

    async def payment(self, event_class: type[PaymentState], **changes: Any) -> None:
        self.version += 1
        ids = {name: self.ids[name] for name in ("user_id", "reservation_id", "organization_id", "parking_lot_id")}
        await self.publish(payment_event(event_class, **ids, version=self.version, **changes))

    async def copied(self, payment_id: UUID, refunds: int) -> None:
        """Wait until notification knows of a payment and so many refunds: topics have no order among each other."""
        query = "SELECT 1 FROM payments WHERE id = $1 AND jsonb_array_length(refunds) = $2"
        await wait_until(lambda: self.notification.fetch(query, payment_id, refunds), "the payment's copy")

    async def mail(self, subject: str) -> str:
        """The text of the mail with this title."""

        async def arrived() -> list[str]:
            mails = await self.notification.mails_to(self.address)
            return [mail["text"] for mail in mails if mail["subject"].startswith(f"{subject}:")]

        (text,) = await wait_until(arrived, f"the mail: {subject}")
        return text

    async def inbox(self, user_id: UUID | None = None) -> list[dict[str, Any]]:
        """The driver's, or somebody else's."""
        headers, url = bearer(access_token(user_id or self.user_id)), self.notification.serving[0].url
        async with httpx.AsyncClient(base_url=url, trust_env=False, headers=headers) as client:
            return (await client.get("/api/v1/notifications")).json()["items"]


@pytest_asyncio.fixture
async def story(notification: RunningNotification, publish: Publishing) -> Story:
    user_id, address = await notification.registered()
    names = ("organization_id", "parking_lot_id")
    ids = {"user_id": user_id, "reservation_id": new_id(), **{name: uuid4() for name in names}}
    await publish(lot_event(ids["parking_lot_id"]))
    return Story(notification, publish, user_id, address, ids)


async def test_a_refund_mail_names_this_refund_and_a_cancellation_what_is_still_to_come(story: Story) -> None:
    booking, second = uuid4(), uuid4()
    orders = [
        RefundOrder(id=uuid4(), payment_id=second, amount=chf(750), reason="not_owed"),
        RefundOrder(id=uuid4(), payment_id=booking, amount=chf(800), reason="cancelled"),
    ]

    def carried_out(order: RefundOrder) -> dict[str, Any]:
        refund = Refund(refund_id=order.id, amount=order.amount, status=RefundStatus.SUCCEEDED, reason=order.reason)
        return {
            "payment_id": order.payment_id,
            "status": PaymentStatus.REFUNDED,
            "refunds": (refund,),
            "refund_id": order.id,
            "amount_refunded": order.amount,
        }

    await story.payment(PaymentSucceededV1, payment_id=booking, amount=chf(800))
    await story.payment(PaymentRefundedV1, amount=chf(750), **carried_out(orders[0]))
    assert "7.50 CHF of what you had paid" in await story.mail("Your money is on its way back")
    await story.copied(second, 1)
    await story.copied(booking, 0)
    changes = {"refund_orders": tuple(orders), "refund_due": chf(1550), "amount_paid": chf(800), "reason": "driver"}
    await story.reservation(ReservationCancelledV1, status=ReservationStatus.CANCELLED, **changes)
    cancelled = await story.mail("Your reservation is cancelled")
    assert "8.00 CHF is still to come" in cancelled
    assert "15.50" not in cancelled


async def test_the_second_refund_of_a_payment_does_not_name_the_first(story: Story) -> None:
    payment_id = uuid4()
    refunds = [
        Refund(refund_id=uuid4(), amount=chf(amount), status=RefundStatus.SUCCEEDED, reason="goodwill")
        for amount in (300, 120)
    ]
    for count in (1, 2):
        arrived = tuple(refunds[:count])
        total = chf(sum(each.amount.amount for each in arrived))
        changes = {"refunds": arrived, "refund_id": arrived[-1].refund_id, "amount_refunded": total}
        await story.payment(PaymentRefundedV1, payment_id=payment_id, **changes)
    mails = await story.notification.wait_mails(story.address, 2)
    said = sorted(found for mail in mails for found in re.findall(r"[\d.]+ CHF of what you had paid", mail["text"]))
    assert said == ["1.20 CHF of what you had paid", "3.00 CHF of what you had paid"]


async def test_a_failed_payment_says_why_and_until_when_the_spot_is_held(story: Story) -> None:
    until = (datetime.now(UTC) + timedelta(minutes=12)).replace(microsecond=0)
    await story.reservation(ReservationCreatedV1, status=ReservationStatus.PENDING, hold_expires_at=until)
    query = "SELECT 1 FROM reservation_owners WHERE id = $1"
    await wait_until(lambda: story.notification.fetch(query, story.ids["reservation_id"]), "the reservation's copy")
    await story.payment(PaymentFailedV1, status=PaymentStatus.FAILED, failure_code="insufficient_funds")
    mail = await story.mail("Your payment did not go through")
    assert "There is not enough money on the card or account." in mail
    in_zurich = until.astimezone(ZoneInfo("Europe/Zurich"))
    assert f"The spot is held for you until {in_zurich:%a} {in_zurich.day} {in_zurich:%B %Y, %H:%M %Z}" in mail
    (item,) = await story.inbox()
    assert item["reason"] == "insufficient_funds"
    assert item["reason_in_words"] == "There is not enough money on the card or account."
    assert datetime.fromisoformat(item["held_until"]) == until


async def test_the_driver_is_notified_of_a_no_show(story: Story) -> None:
    await story.reservation(ReservationNoShowV1, status=ReservationStatus.NO_SHOW, amount_paid=chf(800))
    mail = await story.mail("You did not come")
    assert "the time of your reservation is over, and your car did not come" in mail
    assert "8.00 CHF" in mail
    assert [item["kind"] for item in await story.inbox()] == ["reservation_no_show"]


async def test_overstay_is_mailed_with_what_is_owed(story: Story) -> None:
    booked, overstay = [
        Charge(charge_id=uuid4(), amount=chf(amount), tax=chf(0), reason=reason, status=status)
        for amount, reason, status in (
            (1250, ChargeReason.BOOKING, ChargeStatus.PAID),
            (400, ChargeReason.OVERSTAY, ChargeStatus.OPEN),
        )
    ]
    changes = {"status": ReservationStatus.ACTIVE, "charges": (booked, overstay), "amount_owed": chf(1650)}
    await story.reservation(ChargeRaisedV1, **changes)
    mail = await story.mail("You stayed longer than you had booked")
    assert "that costs 4.00 CHF more" in mail
    assert "16.50" not in mail
    assert [item["kind"] for item in await story.inbox()] == ["overstay_warning"]


async def test_every_mail_that_arrives_has_a_date_and_a_message_id(story: Story) -> None:
    await story.reservation(ReservationConfirmedV1)
    (mail,) = await story.notification.wait_mails(story.address, 1)
    async with httpx.AsyncClient(base_url=story.notification.mail_url, trust_env=False) as page:
        headers = message_from_string((await page.get(f"/messages/{mail['id']}/raw")).text)
    query = "SELECT id FROM deliveries WHERE user_id = $1 AND channel = 'email'"
    ((delivery_id,),) = await story.notification.fetch(query, story.user_id)
    assert headers["Message-ID"] == f"<{delivery_id}@parking.example>"
    assert parsedate_to_datetime(headers["Date"]) <= datetime.now(UTC)


async def test_the_operator_sees_live_that_a_driver_is_suspended_and_not_let_in_and_the_driver_gets_no_mail(
    story: Story,
) -> None:
    organization_id = story.ids["organization_id"]
    operator = access_token(scope="read:parking read:reservation", organizations=(organization_id,))
    async with open_socket(story.notification.serving[1], operator) as socket:
        assert (await enter(socket, f"organization:{organization_id}"))["type"] == "subscribed"
        await story.reservation(ReservationChangedV1, changed=("user_status",), reason="user_suspended")
        (event,) = await receive_events(socket, 1)
        assert (event["event"], event["data"]["reason"]) == ("reservation.changed", "user_suspended")
        assert event["data"]["id"] == str(story.ids["reservation_id"])
        assert str(story.user_id) not in str(event["data"])
        await story.reservation(ReservationConfirmedV1)
        await receive_events(socket, 1)
    assert [item["kind"] for item in await story.inbox()] == ["reservation_confirmed"]


async def test_each_member_of_the_lots_organization_finds_a_suspended_driver_once_in_the_inbox(story: Story) -> None:
    manager, attendant, dismissed = uuid4(), uuid4(), uuid4()

    def members(*ids: UUID, version: int) -> dict[str, Any]:
        return {
            "organization_id": story.ids["organization_id"],
            "name": "Sihl Parking",
            "members": tuple(Member(user_id=each, role="manager") for each in ids),
            "created_at": datetime.now(UTC),
            "version": version,
        }

    await story.publish(OrganizationCreatedV1(**members(manager, attendant, dismissed, version=1)))
    await story.publish(OrganizationMemberRemovedV1(**members(manager, attendant, version=2)), times=2)
    known = "SELECT 1 FROM organizations WHERE id = $1 AND version = 2"
    await wait_until(lambda: story.notification.fetch(known, story.ids["organization_id"]), "the organization's copy")
    story.version += 1
    suspended = reservation_event(
        ReservationChangedV1, **story.ids, version=story.version, changed=("user_status",), reason="user_suspended"
    )
    await story.publish(suspended, times=3, event_id=new_id())
    await story.reservation(ReservationConfirmedV1)  # what comes next shows that nothing came twice before
    await wait_until(story.inbox, "the driver's confirmation")
    for member, kinds in ((manager, ["driver_suspended"]), (attendant, ["driver_suspended"]), (dismissed, [])):
        assert [item["kind"] for item in await story.inbox(member)] == kinds
