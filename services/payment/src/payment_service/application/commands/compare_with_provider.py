"""Compare what the provider has with what is stored here."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from parking_kernel.askers import THE_SERVICE
from parking_kernel.clocks import Clock
from payment_service.application.ports import OpenWork, PaymentGateway, ProviderRefused
from payment_service.domain.errors import UnknownPayment
from payment_service.domain.payment_states import PaymentState, PaymentStatus
from payment_service.domain.provider import Intent, IntentStatus, ProviderDispute, ProviderRefund, ProviderRefundStatus
from payment_service.domain.refunds import Refund, RefundStatus

_log = logging.getLogger(__name__)
_FINAL = {IntentStatus.SUCCEEDED: PaymentStatus.SUCCEEDED, IntentStatus.CANCELLED: PaymentStatus.CANCELLED}
_REFUNDS = {
    ProviderRefundStatus.PENDING: RefundStatus.REQUESTED,
    ProviderRefundStatus.SUCCEEDED: RefundStatus.SUCCEEDED,
    ProviderRefundStatus.FAILED: RefundStatus.FAILED,
}


@dataclass(frozen=True, slots=True)
class CompareWithProvider:
    """Compare what was made within the window. What the daily one finds is stored, for people to see."""

    window: timedelta
    is_daily: bool = False


@dataclass(frozen=True, slots=True)
class CompareWithProviderHandler:
    """Every difference is reconciled; an intent of ours that no payment knows is withdrawn: nobody can pay it.

    What began less than `grace` ago and is under way on either side is no difference: word of it is on its way.
    """

    open_work: OpenWork
    gateway: PaymentGateway
    clock: Clock
    grace: timedelta

    async def __call__(self, command: CompareWithProvider) -> int:
        """How many differences were found. Raises `OutcomeUnknown`."""
        since = self.clock.now() - command.window
        differences = 0
        async for intent in self.gateway.intents_since(since):
            differences += await self._differs(intent)
        async for refund in self.gateway.refunds_since(since):
            differences += await self._refund_differs(refund)
        compared: set[str] = set()
        async for dispute in self.gateway.disputes_since(since):
            if dispute.intent_id not in compared:  # the newest first, and a payment has no other
                compared.add(dispute.intent_id)
                differences += await self._dispute_differs(dispute)
        if command.is_daily:
            async with self.open_work(THE_SERVICE) as work:
                await work.comparisons.note(differences)
        return differences

    async def _differs(self, intent: Intent) -> bool:
        if intent.payment_id is None and not intent.is_unreadable:
            return False  # another system's
        state = await self._payment(intent)
        if state is None or state.intent_id not in {None, intent.id}:
            _log.error("an intent is ours, and no payment knows it", extra={"intent_id": intent.id})
            return await self._withdraw(intent)
        if state.is_closed(intent.id) or _says_the_same(state, intent) or self._is_in_flight(state, intent):
            return False
        return await self._reconcile(state, intent_id=intent.id)

    async def _refund_differs(self, refund: ProviderRefund) -> bool:
        async with self.open_work(THE_SERVICE) as work:
            payment = await work.payments.by_intent(refund.intent_id)
        if payment is None or payment.state.is_closed(refund.id):
            return False
        if any(self._is_explained_by(each, refund) for each in payment.state.refunds):
            return False
        return await self._reconcile(payment.state, provider_refund_id=refund.id)

    def _is_explained_by(self, ours: Refund, refund: ProviderRefund) -> bool:
        """Whether a refund of ours is the provider's, or a later attempt at it, or has yet to learn of it."""
        if ours.id == refund.refund_id and ours.attempt > refund.attempt:
            return True
        is_it = ours.provider_id == refund.id or (
            ours.provider_id is None and (ours.id, ours.attempt) == (refund.refund_id, refund.attempt)
        )
        if not is_it:
            return False
        is_same = ours.provider_id == refund.id and ours.status is _REFUNDS[refund.status]
        is_open = RefundStatus.REQUESTED in {ours.status, _REFUNDS[refund.status]}
        return is_same or (is_open and self._is_recent(ours.requested_at))

    async def _dispute_differs(self, dispute: ProviderDispute) -> bool:
        async with self.open_work(THE_SERVICE) as work:
            payment = await work.payments.by_intent(dispute.intent_id)
        if payment is None or self._is_recent(dispute.opened_at):
            return False
        known = payment.state.dispute
        if known and (known.id, known.status) == (dispute.id, dispute.status):
            return False
        return await self._reconcile(payment.state, dispute_id=dispute.id)

    def _is_in_flight(self, state: PaymentState, intent: Intent) -> bool:
        """Whether word of it may be on its way. A wrong amount is wrong at once."""
        is_open = state.stage not in _FINAL.values() or intent.status not in _FINAL
        is_recent = self._is_recent(state.requested_at) or self._is_recent(state.succeeded_at)
        return is_open and is_recent and intent.amount == state.charge.amount

    def _is_recent(self, at: datetime | None) -> bool:
        return at is not None and at > self.clock.now() - self.grace

    async def _payment(self, intent: Intent) -> PaymentState | None:
        async with self.open_work(THE_SERVICE) as work:
            if intent.payment_id is None:
                known = await work.payments.by_intent(intent.id)
                return known.state if known else None
            try:
                return await work.payments.read(intent.payment_id)
            except UnknownPayment:
                return None

    async def _withdraw(self, intent: Intent) -> bool:
        if intent.status not in _FINAL:
            try:
                await self.gateway.cancel_intent(intent.id)
            except ProviderRefused as refusal:
                about = {"intent_id": intent.id, "error": refusal.code, "outcome": "refused"}
                _log.warning("an intent could not be withdrawn", extra=about)
        return True

    async def _reconcile(self, state: PaymentState, **differs_in: str) -> bool:
        about = {"payment_id": str(state.id), "reservation_id": str(state.charge.reservation_id), **differs_in}
        _log.error("a payment differs from the provider", extra=about)
        async with self.open_work(THE_SERVICE) as work:
            await work.due_work.reconcile_at(state.id, self.clock.now())
        return True


def _says_the_same(state: PaymentState, intent: Intent) -> bool:
    stored = state.stage if state.stage in _FINAL.values() else None
    return intent.amount == state.charge.amount and state.intent_id == intent.id and stored is _FINAL.get(intent.status)
