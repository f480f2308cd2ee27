"""The one place where payment's domain events become wire contracts."""

from typing import Any

from parking_events import (
    LedgerPostedV1,
    PaymentActionRequiredV1,
    PaymentAuthorizedV1,
    PaymentCancelledV1,
    PaymentDisputeClosedV1,
    PaymentDisputedV1,
    PaymentFailedV1,
    PaymentRefundedV1,
    PaymentRefundFailedV1,
    PaymentRefundRequestedV1,
    PaymentRequestedV1,
    PaymentSucceededV1,
    WireEvent,
)
from parking_events.contracts import ledger_entry
from parking_events.contracts import payment as wire
from parking_events.values import Money as WireMoney
from parking_kernel.money import Money
from payment_service.domain import payment_events
from payment_service.domain.ledger import LedgerEntry
from payment_service.domain.payment_states import PaymentState

CONTRACTS: dict[type[payment_events.PaymentEvent], type[wire.PaymentState]] = {
    payment_events.PaymentRequested: PaymentRequestedV1,
    payment_events.PaymentActionRequired: PaymentActionRequiredV1,
    payment_events.PaymentAuthorized: PaymentAuthorizedV1,
    payment_events.PaymentSucceeded: PaymentSucceededV1,
    payment_events.PaymentFailed: PaymentFailedV1,
    payment_events.PaymentCancelled: PaymentCancelledV1,
    payment_events.PaymentRefundRequested: PaymentRefundRequestedV1,
    payment_events.PaymentRefunded: PaymentRefundedV1,
    payment_events.PaymentRefundFailed: PaymentRefundFailedV1,
    payment_events.PaymentDisputed: PaymentDisputedV1,
    payment_events.PaymentDisputeClosed: PaymentDisputeClosedV1,
}


def to_wire(event: payment_events.PaymentEvent) -> WireEvent:
    """The wire contract of a domain event: the state that it led to, without secrets."""
    return CONTRACTS[type(event)](**_state(event.payment), reason=event.reason, refund_id=event.refund_id)


def entry_to_wire(entry: LedgerEntry) -> WireEvent:
    """The wire contract of a ledger entry, which never changes."""
    return LedgerPostedV1(
        version=1,
        entry_id=entry.id,
        kind=ledger_entry.LedgerEntryKind(entry.kind.value),
        organization_id=entry.charge.organization_id,
        parking_lot_id=entry.charge.parking_lot_id,
        reservation_id=entry.charge.reservation_id,
        payment_id=entry.cause.payment_id,
        refund_id=entry.cause.refund_id,
        currency=entry.gross.currency,
        postings=tuple(ledger_entry.Posting(account=each.account, amount=each.amount) for each in entry.postings),
        gross=_money(entry.gross),
        tax=_money(entry.tax),
        posted_at=entry.cause.at,
    )


def _state(state: PaymentState) -> dict[str, Any]:
    charge = state.charge
    return {
        "version": state.version,
        "payment_id": state.id,
        "charge_id": charge.id,
        "reservation_id": charge.reservation_id,
        "user_id": charge.user_id,
        "organization_id": charge.organization_id,
        "parking_lot_id": charge.parking_lot_id,
        "status": wire.PaymentStatus(state.status.value),
        "amount": _money(charge.amount),
        "amount_refunded": _money(charge.amount.of_same_currency(state.refunded)),
        "refunds": tuple(
            wire.Refund(
                refund_id=refund.id,
                amount=_money(charge.amount.of_same_currency(refund.amount)),
                status=wire.RefundStatus(refund.status.value),
                reason=refund.reason,
            )
            for refund in state.refunds
        ),
        "failure_code": state.failure_code,
        "requested_at": state.requested_at,
        "succeeded_at": state.succeeded_at,
    }


def _money(money: Money) -> WireMoney:
    return WireMoney(amount=money.amount, currency=money.currency)
