"""Payments for unit tests, and what the provider says of them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from parking_kernel.money import Money
from payment_service.domain.charges import Charge
from payment_service.domain.payments import Payment
from payment_service.domain.provider import (
    DisputeStatus,
    Intent,
    IntentStatus,
    ProviderDispute,
    ProviderRefund,
    ProviderRefundStatus,
)
from payment_service.domain.refunds import Refund

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
INTENT = "pi_1"


def charge(amount: int = 1250, tax: int = 89) -> Charge:
    return Charge(uuid4(), uuid4(), uuid4(), uuid4(), uuid4(), Money(amount, "CHF"), Money(tax, "CHF"))


def requested(amount: int = 1250, tax: int = 89) -> Payment:
    payment = Payment.start(uuid4(), charge(amount, tax), save_method=False, at=NOW)
    payment.observe(intent(IntentStatus.WAITING, amount=amount), NOW)
    return payment


def captured(amount: int = 1250, tax: int = 89) -> Payment:
    payment = requested(amount, tax)
    payment.observe(intent(IntentStatus.SUCCEEDED, amount=amount), NOW)
    return payment


def intent(
    status: IntentStatus, seconds: int = 0, *, code: str | None = None, attempt: str | None = None, amount: int = 1250
) -> Intent:
    as_of = NOW + timedelta(seconds=seconds)
    return Intent(INTENT, None, status, Money(amount, "CHF"), as_of, f"{INTENT}_secret", code, attempt)


def provider_refund(
    refund: Refund, status: ProviderRefundStatus = ProviderRefundStatus.SUCCEEDED, provider_id: str | None = None
) -> ProviderRefund:
    number = provider_id or f"re_{refund.id}_{refund.attempt}"
    return ProviderRefund(number, INTENT, refund.id, refund.attempt, Money(refund.amount, "CHF"), status)


def by_hand(amount: int, provider_id: str = "re_hand") -> ProviderRefund:
    return ProviderRefund(provider_id, INTENT, None, 1, Money(amount, "CHF"), ProviderRefundStatus.SUCCEEDED)


def dispute(status: DisputeStatus, amount: int = 1250) -> ProviderDispute:
    return ProviderDispute("dp_1", INTENT, Money(amount, "CHF"), status)


def published(payment: Payment) -> list[str]:
    versions = [event.payment.version for event in payment.events]
    assert versions == list(range(1, len(versions) + 1))
    return [type(event).__name__.removeprefix("Payment") for event in payment.events]


def refund_by(payment: Payment, amount: int, refund_id: UUID | None = None) -> Refund:
    return payment.request_refund(refund_id or uuid4(), amount, "goodwill", NOW)
