"""Compare what the provider has with what is kept here."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from parking_kernel.clocks import Clock
from payment_service.application.ports import OpenWork, PaymentGateway, ProviderRefused
from payment_service.domain.errors import UnknownPayment
from payment_service.domain.payment_states import PaymentState, PaymentStatus
from payment_service.domain.provider import Intent, IntentStatus, ProviderRefund, ProviderRefundStatus
from payment_service.domain.refunds import RefundStatus

_log = logging.getLogger(__name__)
_FINAL = {IntentStatus.SUCCEEDED: PaymentStatus.SUCCEEDED, IntentStatus.CANCELLED: PaymentStatus.CANCELLED}
_REFUNDS = {
    ProviderRefundStatus.PENDING: RefundStatus.REQUESTED,
    ProviderRefundStatus.SUCCEEDED: RefundStatus.SUCCEEDED,
    ProviderRefundStatus.FAILED: RefundStatus.FAILED,
}


@dataclass(frozen=True, slots=True)
class CompareWithProvider:
    """The timer came round: compare what was made within the window."""

    window: timedelta


@dataclass(frozen=True, slots=True)
class CompareWithProviderHandler:
    """Every difference is looked after; an intent of ours that no payment knows is withdrawn: nobody can pay it."""

    open_work: OpenWork
    gateway: PaymentGateway
    clock: Clock

    async def __call__(self, command: CompareWithProvider) -> int:
        """How many differences were found. Raises `OutcomeUnknown`."""
        since = self.clock.now() - command.window
        differences = 0
        async for intent in self.gateway.intents_since(since):
            differences += await self._differs(intent)
        async for refund in self.gateway.refunds_since(since):
            differences += await self._refund_differs(refund)
        return differences

    async def _differs(self, intent: Intent) -> bool:
        if intent.payment_id is None:
            return False  # another system's
        state = await self._payment(intent.payment_id)
        if state is None or state.intent_id not in {None, intent.id}:
            _log.error("intent %s is ours, and no payment knows it", intent.id)
            return await self._withdraw(intent)
        if _says_the_same(state, intent):
            return False
        _log.error("payment %s differs from its intent %s", state.id, intent.id)
        return await self._look_again(state.id)

    async def _refund_differs(self, refund: ProviderRefund) -> bool:
        async with self.open_work() as work:
            payment = await work.payments.by_intent(refund.intent_id)
        if payment is None:
            return False
        known = {each.provider_id: each.status for each in payment.state.refunds}
        is_older_attempt = any(
            each.id == refund.refund_id and each.attempt > refund.attempt for each in payment.state.refunds
        )
        if is_older_attempt or known.get(refund.id) is _REFUNDS[refund.status]:
            return False
        _log.error("payment %s differs from the provider in refund %s", payment.state.id, refund.id)
        return await self._look_again(payment.state.id)

    async def _payment(self, payment_id: UUID) -> PaymentState | None:
        async with self.open_work() as work:
            try:
                return await work.payments.read(payment_id)
            except UnknownPayment:
                return None

    async def _withdraw(self, intent: Intent) -> bool:
        if intent.status not in _FINAL:
            try:
                await self.gateway.cancel_intent(intent.id)
            except ProviderRefused as refusal:
                _log.warning("intent %s could not be withdrawn: %s", intent.id, refusal.code)
        return True

    async def _look_again(self, payment_id: UUID) -> bool:
        async with self.open_work() as work:
            await work.agenda.look_again(payment_id, self.clock.now())
        return True


def _says_the_same(state: PaymentState, intent: Intent) -> bool:
    amount = state.charge.amount
    is_same_amount = (intent.amount, intent.currency) == (amount.amount, amount.currency)
    kept = state.stage if state.stage in _FINAL.values() else None
    return is_same_amount and state.intent_id == intent.id and kept is _FINAL.get(intent.status)
