"""Send the mails that are due."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from notification_service.application.ports import (
    Contact,
    Contacts,
    ContactsAway,
    Following,
    Letter,
    MailPutOff,
    MailRefused,
    MailSender,
    MailServerAway,
    OpenWork,
    Work,
)
from notification_service.domain.deliveries import Delivery, DeliveryState, Failure
from notification_service.domain.notifications import NotificationKind, NotificationState
from parking_kernel.askers import THE_SERVICE
from parking_kernel.batches import finish_all
from parking_kernel.clocks import Clock

_BATCH = 20
_AT_ONCE = 4  # more would keep the consumers beside it waiting, and they are in a hurry
_LEASE = timedelta(minutes=2)


class _NotYet(Exception):
    """What the mail says has not all arrived: parking's event of the lot, or an operator's words."""


@dataclass(frozen=True, slots=True)
class SendMails:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class SendMailsHandler:
    """Claims mails for two minutes, asks auth for each address, sends, and notes what came of it.

    To an address of which nobody has shown that it is theirs goes no mail: the notification is in the inbox alone, and
    is not sent later. A mail that says why an operator cancelled waits for those words (`ExplainCancellations`).
    Nothing is asked or sent inside a transaction. A crash between sending and noting sends a mail twice, with the same
    Message-ID, never not at all.
    """

    open_work: OpenWork
    contacts: Contacts
    sender: MailSender
    clock: Clock
    following: Following

    async def __call__(self, _command: SendMails) -> int:
        """How many were tried."""
        now = self.clock.now()
        async with self.open_work(THE_SERVICE) as work:
            due = await work.deliveries.claim(now, now + _LEASE, _BATCH)
        places = asyncio.Semaphore(_AT_ONCE)
        await finish_all((self._deliver(each, places) for each in due), "several mails failed")
        return len(due)

    async def _deliver(self, claimed: DeliveryState, places: asyncio.Semaphore) -> None:
        async with places:
            with self.following(claimed):
                await self._try(claimed)

    async def _try(self, claimed: DeliveryState) -> None:
        try:
            contact = await self.contacts.of(claimed.user_id)
            if isinstance(contact, Contact):
                await self.sender.send(await self._letter(claimed, contact))
        except (ContactsAway, MailServerAway, _NotYet):
            await self._note(claimed, lambda delivery: delivery.wait(self.clock.now()))
        except MailPutOff:
            await self._note(claimed, lambda delivery: delivery.put_off(self.clock.now()))
        except MailRefused:
            await self._note(claimed, lambda delivery: delivery.failed(Failure.REFUSED, self.clock.now()))
        else:
            await self._note(claimed, lambda delivery: self._end(delivery, contact))

    def _end(self, delivery: Delivery, contact: Contact | Failure) -> None:
        if isinstance(contact, Failure):
            delivery.failed(contact, self.clock.now())
        else:
            delivery.sent(self.clock.now())

    async def _letter(self, claimed: DeliveryState, contact: Contact) -> Letter:
        async with self.open_work(THE_SERVICE) as work:
            notification = await work.notifications.read(claimed.notification_id)
            lot = await work.copies.lot(notification.details.parking_lot_id)
            if notification.kind is NotificationKind.PAYMENT_FAILED and notification.details.held_until is None:
                notification = await self._with_hold(work, notification)
        if lot is None or notification.lacks_operator_reason:
            raise _NotYet
        return Letter(claimed.id, contact, notification, lot)

    async def _with_hold(self, work: Work, notification: NotificationState) -> NotificationState:
        """Until when the spot is held, where the payment's event came before the reservation's."""
        details = notification.details
        held_until = (await work.copies.holds([details.reservation_id])).get(details.reservation_id)
        if held_until is None or held_until <= self.clock.now():
            return notification
        return replace(notification, details=replace(details, held_until=held_until))

    async def _note(self, claimed: DeliveryState, note: Callable[[Delivery], None]) -> None:
        async with self.open_work(THE_SERVICE) as work:
            delivery = await work.deliveries.get(claimed.id)
            if delivery is not None:
                note(delivery)
                await work.deliveries.save(delivery)
