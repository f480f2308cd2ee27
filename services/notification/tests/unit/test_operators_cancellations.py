"""An operator cancelled: reservation is asked for the words, and inbox, live message and mail have them, or wait."""

import json
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from services.notification.tests.fakes.auth.contacts import FakeContacts
from services.notification.tests.fakes.clock import FakeClock
from services.notification.tests.fakes.postgres.tables import Tables
from services.notification.tests.fakes.postgres.unit_of_work import in_memory_work
from services.notification.tests.fakes.reservation.operator_reasons import FakeOperatorReasons
from services.notification.tests.fakes.smtp.sender import FakeMailSender
from services.notification.tests.stories import NOW, details, lot, source_event

from notification_service.application.commands.explain_cancellations import (
    ExplainCancellations,
    ExplainCancellationsHandler,
)
from notification_service.application.commands.send_mails import SendMails, SendMailsHandler
from notification_service.application.event_handlers.notify_users import NotifyUsers, NotifyUsersHandler
from notification_service.domain.deliveries import Channel, DeliveryStatus
from notification_service.domain.notifications import NotificationState
from notification_service.domain.source_events import MAILED_FOR, SourceEvent
from parking_chassis.ids import new_id
from parking_kernel.askers import THE_SERVICE
from parking_kernel.money import Money

REASON = "The level is flooded."


@dataclass
class Installation:
    tables: Tables = field(default_factory=Tables)
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))
    contacts: FakeContacts = field(default_factory=FakeContacts)
    reasons: FakeOperatorReasons = field(default_factory=FakeOperatorReasons)
    sender: FakeMailSender = field(default_factory=FakeMailSender)

    def __post_init__(self) -> None:
        self.work = in_memory_work(self.tables)

    async def consume(self, source: SourceEvent) -> None:
        assert source.details
        async with self.work(THE_SERVICE) as work:
            await work.copies.keep_lot(lot(id=source.details.parking_lot_id))
            await NotifyUsersHandler(self.clock, new_id)(work, NotifyUsers([source]))

    async def mail(self) -> None:
        handler = SendMailsHandler(self.work, self.contacts, self.sender, self.clock, lambda _: nullcontext())
        await handler(SendMails())

    async def explain(self) -> int:
        handler = ExplainCancellationsHandler(self.work, self.reasons, self.clock, lambda _: nullcontext())
        return await handler(ExplainCancellations())

    @property
    def inbox(self) -> NotificationState:
        (state,) = self.tables.notifications.values()
        return state

    def live(self, user_id: UUID | None) -> list[dict[str, Any]]:
        """The messages of the new notification in the user's room."""
        rooms = [event for event, _ in self.tables.room_events.values()]
        mine = [each for each in rooms if (each.room, each.event) == (f"user:{user_id}", "notification.created")]
        return [json.loads(each.data) for each in mine]

    def statuses(self) -> dict[Channel, DeliveryStatus]:
        return {each.channel: each.status for each in self.tables.deliveries.values()}


@pytest.fixture
def notification() -> Installation:
    return Installation()


def cancelled(reason: str = "operator", **changes: Any) -> SourceEvent:
    about = details(reason=reason, amount=Money(800, "CHF"))
    return source_event("reservation.cancelled", details=about, **changes)


async def test_mail_inbox_and_live_message_say_that_the_operator_cancelled_why_and_what_goes_back(
    notification: Installation,
) -> None:
    source = cancelled()
    assert source.details
    notification.reasons.words[source.details.reservation_id] = REASON
    await notification.consume(source)
    assert await notification.explain() == 1
    await notification.mail()
    (letter,) = notification.sender.sent
    assert (letter.notification.details.reason, letter.notification.reason_in_words) == ("operator", REASON)
    assert notification.inbox.reason_in_words == REASON
    (message,) = notification.live(source.user_id)
    said = (message["reason"], message["reason_in_words"], message["amount"])
    assert said == ("operator", REASON, {"amount": 800, "currency": "CHF"})
    assert set(notification.statuses().values()) == {DeliveryStatus.SENT}
    assert (await notification.explain(), len(notification.reasons.asked)) == (0, 1), "once"


async def test_while_reservation_is_away_nothing_is_said_with_other_words_and_nothing_is_lost(
    notification: Installation,
) -> None:
    source = cancelled()
    assert source.details
    notification.reasons.is_away = True
    await notification.consume(source)
    for _ in range(3):
        await notification.explain()
        await notification.mail()
        notification.clock.advance(timedelta(minutes=1))
    assert (notification.sender.sent, notification.live(source.user_id)) == ([], [])
    assert (notification.inbox.details.reason, notification.inbox.reason_in_words) == ("operator", None)
    notification.reasons.is_away = False
    notification.reasons.words[source.details.reservation_id] = REASON
    await notification.explain()
    await notification.mail()
    assert [letter.notification.reason_in_words for letter in notification.sender.sent] == [REASON]
    assert len(notification.live(source.user_id)) == 1


async def test_where_reservation_knows_of_no_words_the_driver_reads_none(notification: Installation) -> None:
    source = cancelled()
    await notification.consume(source)
    await notification.explain()
    await notification.mail()
    assert [letter.notification.reason_in_words for letter in notification.sender.sent] == [None]
    assert notification.live(source.user_id)[0]["reason_in_words"] is None


async def test_who_gets_no_mail_has_the_words_in_the_inbox(notification: Installation) -> None:
    source = cancelled(at=NOW - MAILED_FOR)
    assert source.details
    notification.reasons.words[source.details.reservation_id] = REASON
    await notification.consume(source)
    await notification.explain()
    assert notification.inbox.reason_in_words == REASON
    assert notification.statuses() == {Channel.WEBSOCKET: DeliveryStatus.SENT}


@pytest.mark.parametrize("reason", ["driver", "refunded", "supply_change", "a_code_of_tomorrow"])
async def test_of_every_other_cancellation_nobody_is_asked(notification: Installation, reason: str) -> None:
    """The control: these are published at once, and reservation is asked nothing."""
    source = cancelled(reason)
    await notification.consume(source)
    assert len(notification.live(source.user_id)) == 1
    assert await notification.explain() == 0
    await notification.mail()
    assert len(notification.sender.sent) == 1
    assert notification.reasons.asked == []
