"""Ask why operators cancelled, and publish it to their drivers."""

from dataclasses import dataclass
from datetime import timedelta

from notification_service.application.ports import Following, OpenWork, OperatorReasons, ReasonsAway
from notification_service.domain.deliveries import Channel, DeliveryState
from notification_service.domain.live_messages import created_message
from parking_kernel.askers import THE_SERVICE
from parking_kernel.batches import finish_all
from parking_kernel.clocks import Clock

_BATCH = 20
_LEASE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class ExplainCancellations:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class ExplainCancellationsHandler:
    """Claims the live messages that wait for an operator's words, asks reservation for them, and sends them.

    The words are stored with the notification, where inbox and mail have them from: the mail waits for that. Nothing is
    asked inside a transaction. While reservation is away the message waits, ever longer up to a minute.
    """

    open_work: OpenWork
    reasons: OperatorReasons
    clock: Clock
    following: Following

    async def __call__(self, _command: ExplainCancellations) -> int:
        """How many were tried."""
        now = self.clock.now()
        async with self.open_work(THE_SERVICE) as work:
            due = await work.deliveries.claim(now, now + _LEASE, _BATCH, Channel.WEBSOCKET)
        await finish_all((self._explain(each) for each in due), "several cancellations were not explained")
        return len(due)

    async def _explain(self, claimed: DeliveryState) -> None:
        with self.following(claimed):
            try:
                reason = await self.reasons.of(claimed.reservation_id)
            except ReasonsAway:
                await self._wait(claimed)
            else:
                await self._publish(claimed, reason)

    async def _wait(self, claimed: DeliveryState) -> None:
        async with self.open_work(THE_SERVICE) as work:
            if delivery := await work.deliveries.get(claimed.id):
                delivery.wait(self.clock.now())
                await work.deliveries.save(delivery)

    async def _publish(self, claimed: DeliveryState, reason: str | None) -> None:
        async with self.open_work(THE_SERVICE) as work:
            delivery = await work.deliveries.get(claimed.id)
            notification = await work.notifications.get(claimed.notification_id)
            notification.explain(reason)
            await work.notifications.save(notification)
            if delivery is not None and delivery.is_pending:
                delivery.sent(self.clock.now())
                await work.deliveries.save(delivery)
                await work.room_events.publish([created_message(notification.state)])
