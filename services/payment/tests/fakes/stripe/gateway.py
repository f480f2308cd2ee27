"""A payment provider without any network."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from parking_kernel.currencies import CURRENCIES
from payment_service.application.ports import IntentRequest, ProviderRefused, RefundRequest
from payment_service.domain.provider import (
    Intent,
    IntentStatus,
    ProviderDispute,
    ProviderRefund,
    ProviderRefundStatus,
)

FINAL = {IntentStatus.SUCCEEDED, IntentStatus.CANCELLED}


@dataclass
class FakeGateway:
    """See `payment_service.application.ports.PaymentGateway`. `pay` is what the driver does."""

    intents: dict[str, Intent] = field(default_factory=dict[str, Intent])
    refunds: dict[str, ProviderRefund] = field(default_factory=dict[str, ProviderRefund])

    def pay(self, intent_id: str) -> None:
        self.intents = {
            key: replace(intent, status=IntentStatus.SUCCEEDED) if intent.id == intent_id else intent
            for key, intent in self.intents.items()
        }

    async def create_intent(self, request: IntentRequest) -> Intent:
        amount = request.charge.amount
        currency = CURRENCIES[amount.currency]
        if not currency.can_charge(amount.amount):
            is_small = amount.amount < currency.least
            raise ProviderRefused("amount_too_small" if is_small else "amount_not_chargeable")
        number = f"pi_{len(self.intents) + 1}"
        made = Intent(
            id=number,
            payment_id=request.payment_id,
            status=IntentStatus.WAITING,
            amount=amount,
            as_of=datetime.now(UTC),
            client_secret=f"{number}_secret_fake",
        )
        return self.intents.setdefault(request.key, made)

    async def find_intent(self, payment_id: object, since: datetime) -> Intent | None:
        return next((intent for intent in self.intents.values() if intent.payment_id == payment_id), None)

    async def read_intent(self, intent_id: str) -> Intent:
        for intent in self.intents.values():
            if intent.id == intent_id:
                return intent
        raise ProviderRefused("resource_missing")

    async def cancel_intent(self, intent_id: str) -> Intent:
        self.intents = {
            key: replace(intent, status=IntentStatus.CANCELLED)
            if intent.id == intent_id and intent.status not in FINAL
            else intent
            for key, intent in self.intents.items()
        }
        return await self.read_intent(intent_id)

    async def create_refund(self, request: RefundRequest) -> ProviderRefund:
        if request.key in self.refunds:
            return self.refunds[request.key]
        intent = await self.read_intent(request.intent_id)
        assert intent.amount is not None, "it was made of an amount"
        gone = sum(refund.amount.amount for refund in await self.refunds_of(request.intent_id) if refund.amount)
        is_more = gone + request.amount.amount > intent.amount.amount
        if intent.status is not IntentStatus.SUCCEEDED or is_more:
            raise ProviderRefused("charge_already_refunded" if gone == intent.amount.amount else "invalid_request")
        made = ProviderRefund(
            f"re_{len(self.refunds) + 1}",
            request.intent_id,
            request.refund_id,
            request.attempt,
            request.amount,
            ProviderRefundStatus.SUCCEEDED,
        )
        self.refunds[request.key] = made
        return made

    async def refunds_of(self, intent_id: str) -> Sequence[ProviderRefund]:
        return [refund for refund in self.refunds.values() if refund.intent_id == intent_id]

    async def disputes_of(self, intent_id: str) -> Sequence[ProviderDispute]:
        return []

    async def intents_since(self, since: datetime) -> AsyncIterator[Intent]:
        for intent in self.intents.values():
            yield intent

    async def refunds_since(self, since: datetime) -> AsyncIterator[ProviderRefund]:
        for refund in self.refunds.values():
            yield refund

    async def disputes_since(self, since: datetime) -> AsyncIterator[ProviderDispute]:
        for dispute in ():
            yield dispute
