"""Send the refunds that are due."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from parking_kernel.askers import THE_SERVICE
from parking_kernel.batches import finish_all
from parking_kernel.clocks import Clock
from payment_service.application.ports import (
    DueRefund,
    OpenWork,
    OutcomeUnknown,
    PaymentGateway,
    ProviderRefused,
    RefundRequest,
)
from payment_service.domain.payments import Payment
from payment_service.domain.provider import ProviderRefund
from payment_service.domain.refunds import RefundStatus

_BATCH = 10
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SendRefunds:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class SendRefundsHandler:
    """Notes that the provider is asked, asks under the refund's own key, notes what came of it.

    A refund that was asked for before is looked for first, so that none is made twice. Without an answer it
    comes again after `grace`; what fails is tried again without end, with growing pauses: what is owed stays owed.
    """

    open_work: OpenWork
    gateway: PaymentGateway
    clock: Clock
    grace: timedelta

    async def __call__(self, _command: SendRefunds) -> int:
        """How many were sent, or tried."""
        now = self.clock.now()
        async with self.open_work(THE_SERVICE) as work:
            due = await work.due_work.claim_refunds(now, now + self.grace, _BATCH)
        await finish_all((self._send(each) for each in due), "several refunds failed")
        return len(due)

    async def _send(self, due: DueRefund) -> None:
        request = await self._noted(due)
        if request is None:
            return
        try:
            seen = await self._made_before(request) or await self.gateway.create_refund(request)
        except OutcomeUnknown as unknown:
            _log.warning("refund: outcome unknown", extra=_about(due, error=str(unknown), outcome="unknown"))
            if unknown.key_is_spent:
                await self._renew_key(due)
        except ProviderRefused as refusal:
            await self._refused(due, request.intent_id, refusal.code)
        else:
            await self._record(due, seen)

    async def _noted(self, due: DueRefund) -> RefundRequest | None:
        """What to ask for; nothing where it was settled meanwhile, or has to wait."""
        async with self.open_work(THE_SERVICE) as work:
            payment = await work.payments.get(due.payment_id)
            request = self._request(payment, due)
            await work.payments.save(payment)
        return request

    def _request(self, payment: Payment, due: DueRefund) -> RefundRequest | None:
        if not payment.retry_refund(due.refund_id, self.clock.now()):
            return None
        refund = payment.state.refund(due.refund_id)
        intent_id = payment.state.intent_id
        if refund.status is not RefundStatus.REQUESTED or refund.provider_id or intent_id is None:
            return None
        payment.ask_for_refund(refund.id)
        return RefundRequest(
            payment.state.id,
            refund.id,
            refund.attempt,
            intent_id,
            payment.state.charge.amount.of_same_currency(refund.amount),
            refund.reason,
            refund.key,
            # An order comes again after a loss of data too: the provider may have it although this never asked.
            is_repeated=refund.asked > 0 or payment.state.order(refund.id) is not None,
        )

    async def _made_before(self, request: RefundRequest) -> ProviderRefund | None:
        if not request.is_repeated:
            return None
        ours = (request.refund_id, request.attempt)
        made = await self.gateway.refunds_of(request.intent_id)
        return next((each for each in made if (each.refund_id, each.attempt) == ours), None)

    async def _renew_key(self, due: DueRefund) -> None:
        async with self.open_work(THE_SERVICE) as work:
            payment = await work.payments.get(due.payment_id)
            payment.renew_refund_key(due.refund_id)
            await work.payments.save(payment)

    async def _refused(self, due: DueRefund, intent_id: str, code: str) -> None:
        """Perhaps somebody gave the money back by hand: what the provider has shows it."""
        made = await self.gateway.refunds_of(intent_id)
        _log.warning("refund: the provider refuses it", extra=_about(due, error=code, outcome="refused"))
        async with self.open_work(THE_SERVICE) as work:
            payment = await work.payments.get(due.payment_id)
            payment.refuse_refund(due.refund_id, code, self.clock.now())
            for seen in made:
                payment.observe_refund(seen, self.clock.now())
            await work.payments.save(payment)

    async def _record(self, due: DueRefund, seen: ProviderRefund) -> None:
        now = self.clock.now()
        async with self.open_work(THE_SERVICE) as work:
            payment = await work.payments.get(due.payment_id)
            payment.observe_refund(seen, now)
            if not payment.state.is_settled:
                await work.due_work.reconcile_at(due.payment_id, now + self.grace)
            await work.payments.save(payment)


def _about(due: DueRefund, **more: str) -> dict[str, str]:
    return {"refund_id": str(due.refund_id), "payment_id": str(due.payment_id), **more}
