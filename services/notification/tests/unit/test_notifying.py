"""Events become inbox, mails and room events; mails become letters, whatever is away meanwhile."""

import json
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from services.notification.tests.fakes.auth.contacts import FakeContacts
from services.notification.tests.fakes.clock import FakeClock
from services.notification.tests.fakes.postgres.tables import Tables
from services.notification.tests.fakes.postgres.unit_of_work import in_memory_work
from services.notification.tests.fakes.smtp.sender import FakeMailSender
from services.notification.tests.stories import NOW, details, lot, source_event

from notification_service.application.commands.send_mails import SendMails, SendMailsHandler
from notification_service.application.event_handlers.notify_users import NotifyUsers, NotifyUsersHandler
from notification_service.application.ports import (
    LotCopy,
    MailPutOff,
    MailRefused,
    MailServerAway,
    OrganizationCopy,
    ReservationCopy,
)
from notification_service.domain.coming_refunds import PaymentCopy, Refund, RefundOrder
from notification_service.domain.deliveries import GIVE_UP_AFTER, Channel, DeliveryStatus, Failure
from notification_service.domain.notifications import NotificationKind as K
from notification_service.domain.rooms import Ownership, RoomEvent
from notification_service.domain.source_events import MAILED_FOR, NEWS_FOR, SourceEvent
from parking_chassis.ids import new_id
from parking_kernel.askers import THE_SERVICE
from parking_kernel.money import Money


@dataclass
class Installation:
    tables: Tables = field(default_factory=Tables)
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))
    contacts: FakeContacts = field(default_factory=FakeContacts)
    sender: FakeMailSender = field(default_factory=FakeMailSender)

    def __post_init__(self) -> None:
        self.work = in_memory_work(self.tables)
        self.handler = NotifyUsersHandler(self.clock, new_id)
        self.sending = SendMailsHandler(
            self.work, self.contacts, self.sender, self.clock, lambda _claimed: nullcontext()
        )

    async def consume(
        self, *sources: SourceEvent, lot_copy: LotCopy | None = None, reservations: Sequence[ReservationCopy] = ()
    ) -> None:
        async with self.work(THE_SERVICE) as work:
            await self.handler(work, NotifyUsers(sources, reservations))
            for each in sources:
                if each.details:
                    await work.copies.keep_lot(lot_copy or lot(id=each.details.parking_lot_id))

    async def send(self) -> None:
        await self.sending(SendMails())

    @property
    def mail(self) -> tuple[DeliveryStatus, Failure | None]:
        (state,) = [each for each in self.tables.deliveries.values() if each.channel is Channel.EMAIL]
        return state.status, state.failure

    def published(self) -> list[tuple[str, str]]:
        return [(type(event).__name__, event.delivery.channel.value) for event in self.tables.outbox]


def is_created(event: RoomEvent) -> bool:
    return event.event == "notification.created"


@pytest.fixture
def notification() -> Installation:
    return Installation()


@pytest.mark.parametrize(
    ("reason", "kind"),
    [("user_suspended", K.DRIVER_SUSPENDED), ("user_reinstated", K.DRIVER_REINSTATED)],
)
async def test_the_operator_is_notified_of_a_suspended_driver_who_holds_a_booking_of_its_lot(
    notification: Installation, reason: str, kind: K
) -> None:
    """Each member of the organization finds it in the inbox, once; nobody is mailed, and the driver gets nothing."""
    members, organization_id = {uuid4(), uuid4()}, uuid4()
    other = OrganizationCopy(uuid4(), frozenset({uuid4()}), 1)
    async with notification.work(THE_SERVICE) as work:
        await work.copies.keep_organization(OrganizationCopy(organization_id, frozenset(members), 1))
        await work.copies.keep_organization(other)
    facts = details(reason=reason)
    source = source_event(
        "reservation.changed", details=facts, changed=frozenset({"user_status"}), organization_id=organization_id
    )
    for _repeat in range(2):
        await notification.consume(source)
    inbox = list(notification.tables.notifications.values())
    assert {each.user_id for each in inbox} == members
    assert [(each.kind, each.details, each.event_id) for each in inbox] == [(kind, facts, source.event_id)] * 2
    assert {each.channel for each in notification.tables.deliveries.values()} == {Channel.WEBSOCKET}
    news = [room for (room, _id), (event, _at) in notification.tables.room_events.items() if is_created(event)]
    assert sorted(news) == sorted(f"user:{user_id}" for user_id in members)


async def test_operators_are_notified_of_no_other_change_of_a_booking(notification: Installation) -> None:
    organization_id = uuid4()
    async with notification.work(THE_SERVICE) as work:
        await work.copies.keep_organization(OrganizationCopy(organization_id, frozenset({uuid4()}), 1))
    for changed, reason in (({"spot"}, "user_suspended"), ({"user_status"}, None), ({"user_status"}, "tomorrow's")):
        await notification.consume(
            source_event(
                "reservation.changed",
                details=details(reason=reason),
                changed=frozenset(changed),
                organization_id=organization_id,
            )
        )
    assert [each.kind for each in notification.tables.notifications.values()] == [K.RESERVATION_CHANGED]


async def test_a_suspension_of_long_ago_is_no_news_and_an_organization_that_has_not_arrived_has_no_members(
    notification: Installation,
) -> None:
    organization_id = uuid4()
    news = {"details": details(reason="user_suspended"), "changed": frozenset({"user_status"})}
    await notification.consume(source_event("reservation.changed", organization_id=organization_id, **news))
    async with notification.work(THE_SERVICE) as work:
        await work.copies.keep_organization(OrganizationCopy(organization_id, frozenset({uuid4()}), 1))
    old = source_event("reservation.changed", organization_id=organization_id, at=NOW - NEWS_FOR, **news)
    await notification.consume(old)
    assert not notification.tables.notifications


async def test_a_source_event_becomes_inbox_mail_and_room_events(notification: Installation) -> None:
    source = source_event()
    await notification.consume(source)
    assert len(notification.tables.notifications) == 1
    received = {room: [] for room, _ in notification.tables.room_events}
    for event, _ in notification.tables.room_events.values():
        received[event.room].append((event.id, event.event))
    assert received[f"user:{source.user_id}"] == [(1, "reservation.confirmed"), (2, "notification.created")]
    assert len(received) == 3
    summary = notification.tables.room_events[f"user:{source.user_id}", 2][0]
    assert json.loads(summary.data)["title"] == "Your reservation is confirmed"
    assert notification.published() == [("NotificationSent", "websocket")]
    await notification.send()
    assert [letter.contact.email for letter in notification.sender.sent] == [f"{source.user_id}@example.com"]
    assert notification.published()[1:] == [("NotificationSent", "email")]
    await notification.send()
    assert len(notification.sender.sent) == 1


async def test_a_cancellation_is_notified_with_what_is_still_to_come(notification: Installation) -> None:
    payment_id, order_id = uuid4(), uuid4()
    goodwill = Refund(uuid4(), 300, has_arrived=True)
    payment = PaymentCopy(payment_id, 800, is_disputed=False, refunds=(goodwill,), version=3)
    orders = (RefundOrder(order_id, payment_id, 800, "cancelled"),)
    source = source_event("reservation.cancelled", details=details(amount=Money(1550, "CHF")), refund_orders=orders)
    async with notification.work(THE_SERVICE) as work:
        await notification.handler(work, NotifyUsers([], payments=[payment]))
        await notification.handler(work, NotifyUsers([source]))
    (notified,) = notification.tables.notifications.values()
    assert notified.details.amount == Money(500, "CHF")


async def test_an_event_without_orders_is_notified_with_the_sum_that_it_names(notification: Installation) -> None:
    source = source_event("reservation.cancelled", details=details(amount=Money(800, "CHF")))
    await notification.consume(source)
    (notified,) = notification.tables.notifications.values()
    assert notified.details.amount == Money(800, "CHF")


def held(source: SourceEvent, until: datetime | None) -> ReservationCopy:
    assert source.details
    return ReservationCopy(source.details.reservation_id, Ownership(source.user_id, uuid4()), 1, until)


@pytest.mark.parametrize(
    ("minutes", "is_notified"),
    [(10, True), (0, False), (-1, False), (None, False)],
    ids=["held", "now", "over", "paid"],
)
async def test_a_failed_payment_is_notified_until_when_the_spot_is_held(
    notification: Installation, minutes: int | None, is_notified: bool
) -> None:
    source = source_event("payment.failed", details=details(reason="expired_card"))
    until = None if minutes is None else NOW + timedelta(minutes=minutes)
    await notification.consume(source, reservations=[held(source, until)])
    (notified,) = notification.tables.notifications.values()
    assert notified.details.held_until == (until if is_notified else None)
    assert notified.reason_in_words == "The card has expired."


async def test_the_mail_knows_the_hold_though_the_reservation_came_after_the_payment(
    notification: Installation,
) -> None:
    source = source_event("payment.failed")
    await notification.consume(source)
    until = NOW + timedelta(minutes=10)
    async with notification.work(THE_SERVICE) as work:
        await work.copies.keep_reservations([held(source, until)])
    await notification.send()
    (letter,) = notification.sender.sent
    assert letter.notification.details.held_until == until


async def test_what_is_long_past_reaches_the_inbox_alone(notification: Installation) -> None:
    notification.clock.advance(MAILED_FOR)
    source = source_event()
    await notification.consume(source)
    assert len(notification.tables.notifications) == 1
    assert [each.channel for each in notification.tables.deliveries.values()] == [Channel.WEBSOCKET]
    await notification.send()
    assert not notification.sender.sent


async def test_the_same_event_again_notifies_the_user_of_nothing(notification: Installation) -> None:
    source = source_event()
    await notification.consume(source)
    await notification.consume(source)
    assert len(notification.tables.notifications) == 1
    assert len(notification.tables.deliveries) == 2


async def test_events_of_last_year_mail_nobody(notification: Installation) -> None:
    await notification.consume(source_event(at=NOW - timedelta(days=365)), source_event("reservation.created"))
    assert not notification.tables.notifications
    assert {event.event for event, _ in notification.tables.room_events.values()} == {"reservation.created"}


@pytest.mark.parametrize("failure", [MailServerAway(), MailPutOff()])
async def test_a_mail_waits_with_growing_pauses(notification: Installation, failure: Exception) -> None:
    await notification.consume(source_event())
    notification.sender.failure = failure
    for pause in (1, 2, 4, 8):
        await notification.send()
        notification.clock.advance(timedelta(seconds=pause - 0.1))
        await notification.send()
        assert notification.mail == (DeliveryStatus.PENDING, None)
        notification.clock.advance(timedelta(seconds=0.1))
    notification.sender.failure = None
    await notification.send()
    assert len(notification.sender.sent) == 1


async def test_while_servers_are_away_nothing_is_given_up(notification: Installation) -> None:
    await notification.consume(source_event())
    notification.contacts.is_away = True
    for _ in range(10):
        notification.clock.advance(GIVE_UP_AFTER)
        await notification.send()
    notification.contacts.is_away = False
    notification.sender.failure = MailServerAway()
    notification.clock.advance(GIVE_UP_AFTER)
    await notification.send()
    assert notification.mail == (DeliveryStatus.PENDING, None)


@pytest.mark.parametrize(("failure", "why"), [(MailRefused(), Failure.REFUSED), (MailPutOff(), Failure.GIVEN_UP)])
async def test_what_can_never_arrive_ends(notification: Installation, failure: Exception, why: Failure) -> None:
    await notification.consume(source_event())
    notification.sender.failure = failure
    notification.clock.advance(GIVE_UP_AFTER)
    await notification.send()
    assert notification.mail == (DeliveryStatus.FAILED, why)
    assert notification.published()[1:] == [("NotificationFailed", "email")]


async def test_a_user_who_is_gone_ends_the_mail(notification: Installation) -> None:
    source = source_event()
    assert source.user_id
    notification.contacts.gone.add(source.user_id)
    await notification.consume(source)
    await notification.send()
    assert notification.mail == (DeliveryStatus.FAILED, Failure.USER_UNKNOWN)


async def test_to_an_address_that_nobody_verified_goes_no_mail_and_the_inbox_has_it(
    notification: Installation,
) -> None:
    source = source_event()
    assert source.user_id
    notification.contacts.unverified.add(source.user_id)
    await notification.consume(source)
    await notification.send()
    assert notification.sender.sent == []
    assert notification.mail == (DeliveryStatus.FAILED, Failure.UNVERIFIED)
    assert [each.user_id for each in notification.tables.notifications.values()] == [source.user_id]
    notification.contacts.unverified.clear()
    notification.clock.advance(GIVE_UP_AFTER)
    await notification.send()
    assert notification.sender.sent == [], "it is not sent later either"


async def test_one_mail_that_cannot_be_written_does_not_hold_up_the_others(notification: Installation) -> None:
    bad, good = source_event(), source_event()
    await notification.consume(bad, good)
    first = next(each for each in notification.tables.notifications.values() if each.user_id == bad.user_id)
    del notification.tables.notifications[first.id]
    with pytest.raises(Exception, match="no notification"):
        await notification.send()
    assert [letter.notification.user_id for letter in notification.sender.sent] == [good.user_id]


async def test_of_several_mails_that_cannot_be_written_all_are_raised(notification: Installation) -> None:
    bad, worse, good = source_event(), source_event(), source_event()
    await notification.consume(bad, worse, good)
    for each in list(notification.tables.notifications.values()):
        if each.user_id != good.user_id:
            del notification.tables.notifications[each.id]
    with pytest.raises(ExceptionGroup) as raised:
        await notification.send()
    assert len(raised.value.exceptions) == 2
    assert raised.group_contains(Exception, match="no notification")
    assert [letter.notification.user_id for letter in notification.sender.sent] == [good.user_id]
