"""Payments as rows, and rows as payments."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from parking_kernel.money import Money
from payment_service.domain.charges import Charge
from payment_service.domain.ledger import LedgerEntry
from payment_service.domain.parked_reports import ParkedReport
from payment_service.domain.payment_states import Dispute, PaymentState, PaymentStatus
from payment_service.domain.provider import DisputeStatus
from payment_service.domain.refund_orders import RefundOrder
from payment_service.domain.refunds import Refund, RefundStatus

Row = RowMapping


def payment_row(state: PaymentState) -> dict[str, Any]:
    """The columns of a payment; when it is reconciled next is a matter of due work."""
    charge, dispute = state.charge, state.dispute
    return {
        "id": state.id,
        "charge_id": charge.id,
        "reservation_id": charge.reservation_id,
        "user_id": charge.user_id,
        "organization_id": charge.organization_id,
        "parking_lot_id": charge.parking_lot_id,
        "currency": charge.amount.currency,
        "amount": charge.amount.amount,
        "tax": charge.tax.amount,
        "stage": state.stage.value,
        "status": state.status.value,
        "is_live": state.is_live,
        "save_method": state.save_method,
        "intent_key": state.intent_key,
        "intent_id": state.intent_id,
        "client_secret": state.client_secret,
        "observed_at": state.observed_at,
        "failure_code": state.failure_code,
        "failed_attempt": state.failed_attempt,
        "cancel_requested_at": state.cancel_requested_at,
        "requested_at": state.requested_at,
        "succeeded_at": state.succeeded_at,
        "dispute_id": dispute.id if dispute else None,
        "dispute_amount": dispute.amount if dispute else None,
        "dispute_tax": dispute.tax if dispute else None,
        "dispute_status": dispute.status.value if dispute else None,
        "parked": [_report_row(report) for report in state.parked],
        "version": state.version,
    }


def payment_of(row: Row, refunds: Sequence[Row], orders: Sequence[RefundOrder]) -> PaymentState:
    """The payment of a row, its refunds' rows and its refund orders."""
    currency = row["currency"]
    return PaymentState(
        id=row["id"],
        charge=Charge(
            id=row["charge_id"],
            reservation_id=row["reservation_id"],
            user_id=row["user_id"],
            organization_id=row["organization_id"],
            parking_lot_id=row["parking_lot_id"],
            amount=Money(row["amount"], currency),
            tax=Money(row["tax"], currency),
        ),
        stage=PaymentStatus(row["stage"]),
        save_method=row["save_method"],
        requested_at=row["requested_at"],
        intent_key=row["intent_key"],
        intent_id=row["intent_id"],
        client_secret=row["client_secret"],
        observed_at=row["observed_at"],
        failure_code=row["failure_code"],
        failed_attempt=row["failed_attempt"],
        cancel_requested_at=row["cancel_requested_at"],
        succeeded_at=row["succeeded_at"],
        refunds=tuple(_refund_of(each) for each in refunds),
        orders=tuple(orders),
        dispute=_dispute_of(row),
        is_live=row["is_live"],
        version=row["version"],
        parked=tuple(_report_of(each) for each in row["parked"]),
    )


def refund_row(refund: Refund, payment_id: UUID, place: int) -> dict[str, Any]:
    """The columns of a refund."""
    return {
        "id": refund.id,
        "payment_id": payment_id,
        "place": place,
        "amount": refund.amount,
        "status": refund.status.value,
        "reason": refund.reason,
        "requested_at": refund.requested_at,
        "due_at": refund.due_at,
        "key": refund.key,
        "asked": refund.asked,
        "attempt": refund.attempt,
        "provider_id": refund.provider_id,
        "failure_code": refund.failure_code,
        "is_booked": refund.is_booked,
        "tax": refund.tax,
    }


def order_row(order: RefundOrder) -> dict[str, Any]:
    """The columns of a refund order."""
    return {
        "id": order.id,
        "reservation_id": order.reservation_id,
        "payment_id": order.payment_id,
        "is_named": order.is_named,
        "currency": order.amount.currency,
        "amount": order.amount.amount,
        "reason": order.reason,
        "ordered_at": order.ordered_at,
        "place": order.place,
        "given_before": order.given_before,
        "refunded": order.refunded,
        "covered_by_goodwill": order.covered_by_goodwill,
        "lost_to_dispute": order.lost_to_dispute,
        "exceeds_payment": order.exceeds_payment,
        "decided_at": order.decided_at,
    }


def order_of(row: Row) -> RefundOrder:
    """The refund order of a row."""
    return RefundOrder(
        id=row["id"],
        reservation_id=row["reservation_id"],
        payment_id=row["payment_id"],
        amount=Money(row["amount"], row["currency"]),
        reason=row["reason"],
        ordered_at=row["ordered_at"],
        place=row["place"],
        is_named=row["is_named"],
        given_before=row["given_before"],
        refunded=row["refunded"],
        covered_by_goodwill=row["covered_by_goodwill"],
        lost_to_dispute=row["lost_to_dispute"],
        exceeds_payment=row["exceeds_payment"],
        decided_at=row["decided_at"],
    )


def entry_row(entry: LedgerEntry) -> dict[str, Any]:
    """The columns of a ledger entry."""
    return {
        "id": entry.id,
        "kind": entry.kind.value,
        "organization_id": entry.charge.organization_id,
        "parking_lot_id": entry.charge.parking_lot_id,
        "reservation_id": entry.charge.reservation_id,
        "payment_id": entry.cause.payment_id,
        "refund_id": entry.cause.refund_id,
        "currency": entry.gross.currency,
        "gross": entry.gross.amount,
        "tax": entry.tax.amount,
        "posted_at": entry.cause.at,
    }


def posting_rows(entry: LedgerEntry) -> list[dict[str, Any]]:
    """The columns of an entry's postings."""
    return [
        {"entry_id": entry.id, "place": place, "account": posting.account, "amount": posting.amount}
        for place, posting in enumerate(entry.postings)
    ]


def _report_row(report: ParkedReport) -> dict[str, Any]:
    said = report.said
    return {
        "object_id": report.object_id,
        "said": {"amount": said.amount, "currency": said.currency} if said else None,
        "parked_at": report.parked_at.isoformat(),
        "closed_at": report.closed_at.isoformat() if report.closed_at else None,
    }


def _report_of(stored: Mapping[str, Any]) -> ParkedReport:
    said, closed_at = stored["said"], stored["closed_at"]
    return ParkedReport(
        object_id=stored["object_id"],
        said=Money(said["amount"], said["currency"]) if said else None,
        parked_at=datetime.fromisoformat(stored["parked_at"]),
        closed_at=datetime.fromisoformat(closed_at) if closed_at else None,
    )


def _refund_of(row: Row) -> Refund:
    return Refund(
        id=row["id"],
        amount=row["amount"],
        status=RefundStatus(row["status"]),
        reason=row["reason"],
        requested_at=row["requested_at"],
        due_at=row["due_at"],
        key=row["key"],
        asked=row["asked"],
        attempt=row["attempt"],
        provider_id=row["provider_id"],
        failure_code=row["failure_code"],
        is_booked=row["is_booked"],
        tax=row["tax"],
    )


def _dispute_of(row: Row) -> Dispute | None:
    if row["dispute_id"] is None:
        return None
    return Dispute(row["dispute_id"], row["dispute_amount"], row["dispute_tax"], DisputeStatus(row["dispute_status"]))
