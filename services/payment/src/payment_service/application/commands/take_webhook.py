"""The provider sends a message."""

import logging
from dataclasses import dataclass, field

from parking_kernel.askers import THE_SERVICE
from parking_kernel.clocks import Clock
from payment_service.application.ports import OpenWork, ReadWebhook, Work
from payment_service.domain.errors import UnknownPayment
from payment_service.domain.payments import Payment
from payment_service.domain.provider import Intent, Observation

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TakeWebhook:
    """A message as it came, and its signature."""

    body: bytes = field(repr=False)
    signature: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TakeWebhookHandler:
    """The message's id and its effect are written in one transaction, without asking anybody.

    A repeated message changes nothing; what is late or out of order is settled by the payment's own rules.
    """

    open_work: OpenWork
    read_webhook: ReadWebhook
    clock: Clock

    async def __call__(self, command: TakeWebhook) -> None:
        """Raises `InvalidSignature` and `InvalidEvent`."""
        event = self.read_webhook(command.body, command.signature)
        if event.observation is None:
            return
        async with self.open_work(THE_SERVICE) as work:
            if not await work.webhooks.note(event.id):
                return
            payment = await self._payment_of(work, event.observation)
            if payment is None:
                about = {"provider_event_id": event.id, "event_type": event.type}
                _log.warning("the provider's event is about no payment of ours", extra=about)
                return
            payment.observe(event.observation, self.clock.now())
            if payment.state.has_open_reports and not payment.loaded.has_open_reports:
                await work.due_work.reconcile_at(payment.state.id, self.clock.now())
            await work.payments.save(payment)

    async def _payment_of(self, work: Work, seen: Observation) -> Payment | None:
        if not isinstance(seen, Intent):
            return await work.payments.by_intent(seen.intent_id)
        if payment := await work.payments.by_intent(seen.id):
            return payment
        try:
            # The message may be faster than the answer that has the intent's id.
            return await work.payments.get(seen.payment_id) if seen.payment_id else None
        except UnknownPayment:
            return None
