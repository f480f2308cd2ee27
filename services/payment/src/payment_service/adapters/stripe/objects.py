"""Stripe's objects in this domain's words."""

import logging
import re
from datetime import UTC, datetime
from uuid import UUID

import stripe

from payment_service.adapters.stripe.amounts import from_stripe
from payment_service.domain.provider import (
    DisputeStatus,
    Intent,
    IntentStatus,
    Observation,
    ProviderDispute,
    ProviderRefund,
    ProviderRefundStatus,
)

PAYMENT, INSTALLATION, REFUND, ATTEMPT = "payment_id", "installation", "refund_id", "attempt"
ATTEMPTS = re.compile(r"[1-9][0-9]{0,5}")
CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")

# https://docs.stripe.com/payments/paymentintents/lifecycle
INTENTS = {
    "requires_payment_method": IntentStatus.WAITING,
    "requires_confirmation": IntentStatus.WAITING,
    "requires_action": IntentStatus.ACTION_REQUIRED,
    "processing": IntentStatus.PROCESSING,
    "requires_capture": IntentStatus.AUTHORIZED,
    "succeeded": IntentStatus.SUCCEEDED,
    "canceled": IntentStatus.CANCELLED,
}
REFUNDS = {
    "pending": ProviderRefundStatus.PENDING,
    "requires_action": ProviderRefundStatus.PENDING,
    "succeeded": ProviderRefundStatus.SUCCEEDED,
    "failed": ProviderRefundStatus.FAILED,
    "canceled": ProviderRefundStatus.FAILED,
}
# They take no money, and are not disputes yet.
INQUIRIES = frozenset({"warning_needs_response", "warning_under_review", "warning_closed"})
DISPUTES = {
    "needs_response": DisputeStatus.OPEN,
    "under_review": DisputeStatus.OPEN,
    "won": DisputeStatus.WON,
    "prevented": DisputeStatus.WON,
    "lost": DisputeStatus.LOST,
}


_log = logging.getLogger(__name__)


class UnknownStatus(ValueError):
    """Stripe sent a status that there was not when this was written."""


class Translation:
    """`installation` marks what is ours: several installations may share an account."""

    def __init__(self, installation: str) -> None:
        self._installation = installation

    def metadata(self, payment_id: UUID) -> dict[str, str]:
        """What marks an object as this payment's."""
        return {PAYMENT: str(payment_id), INSTALLATION: self._installation}

    def observation(self, found: stripe.StripeObject, as_of: datetime) -> Observation | None:
        """What an event is about; none for kinds that do not concern us."""
        match found:
            case stripe.PaymentIntent():
                return self.intent(found, as_of)
            case stripe.Refund():
                return self.refund(found)
            case stripe.Dispute():
                return self.dispute(found)
            case _:
                return None

    def intent(self, found: stripe.PaymentIntent, as_of: datetime) -> Intent:
        """An intent as it was then."""
        status = INTENTS.get(found.status)
        if status is None:
            raise UnknownStatus(f"payment intent {found.status}")
        error = found.last_payment_error
        if status is IntentStatus.WAITING and error:
            status = IntentStatus.FAILED
        payment_id, is_unreadable = self._mark(found, PAYMENT)
        units = found.amount_received if status is IntentStatus.SUCCEEDED else found.amount
        return Intent(
            id=found.id,
            payment_id=payment_id,
            status=status,
            amount=from_stripe(units, found.currency),
            # Stripe sends whole seconds: what happened within one is not ordered.
            as_of=as_of.replace(microsecond=0),
            client_secret=found.client_secret,
            failure_code=_code(getattr(error, "decline_code", None) or getattr(error, "code", None)),
            attempt=_attempt(found, error) if error else None,
            is_unreadable=is_unreadable,
        )

    def refund(self, found: stripe.Refund) -> ProviderRefund | None:
        """A refund; none for one that is of no intent."""
        status = REFUNDS.get(found.status or "")
        if status is None:
            raise UnknownStatus(f"refund {found.status}")
        if found.payment_intent is None:
            return None
        refund_id, is_unreadable = self._mark(found, REFUND)
        return ProviderRefund(
            id=found.id,
            intent_id=_id(found.payment_intent),
            refund_id=refund_id,
            attempt=int(_noted(found.metadata).get(ATTEMPT, "1")) if refund_id else 1,
            amount=from_stripe(found.amount, found.currency),
            status=status,
            failure_code=_code(getattr(found, "failure_reason", None)),
            is_unreadable=is_unreadable,
        )

    def dispute(self, found: stripe.Dispute) -> ProviderDispute | None:
        """A dispute; none for a mere inquiry, or one that is of no intent."""
        if found.status in INQUIRIES or found.payment_intent is None:
            return None
        status = DISPUTES.get(found.status)
        if status is None:
            raise UnknownStatus(f"dispute {found.status}")
        amount = from_stripe(found.amount, found.currency)
        return ProviderDispute(found.id, _id(found.payment_intent), amount, status, instant(found.created))

    def payment_id(self, found: stripe.PaymentIntent) -> UUID | None:
        """Which payment of ours an intent was made for; none for another system's."""
        return self._mark(found, PAYMENT)[0]

    def _mark(self, found: stripe.PaymentIntent | stripe.Refund, name: str) -> tuple[UUID | None, bool]:
        """Which of ours an object is, and whether it is ours and does not say which: metadata can be edited there."""
        noted = _noted(found.metadata)
        if noted.get(INSTALLATION) != self._installation or name not in noted:
            return None, False
        try:
            own_id = UUID(noted[name])
        except ValueError:
            own_id = None
        if own_id is None or (name == REFUND and not ATTEMPTS.fullmatch(noted.get(ATTEMPT, "1"))):
            _log.error("an object of the provider is ours, and does not say which", extra={"provider_id": found.id})
            return None, True
        return own_id, False


def instant(seconds: int) -> datetime:
    """Stripe's time."""
    return datetime.fromtimestamp(seconds, UTC)


def _noted(metadata: stripe.StripeObject | None) -> dict[str, str]:
    return metadata.to_dict() if metadata else {}


def _id(reference: str | stripe.StripeObject) -> str:
    return reference if isinstance(reference, str) else str(reference["id"])


def _code(word: object) -> str | None:
    """A word of Stripe's, as far as events can carry it."""
    if not word:
        return None
    return str(word) if CODE.fullmatch(str(word)) else "unknown"


def _attempt(found: stripe.PaymentIntent, error: stripe.StripeObject) -> str:
    """A declined charge has an id of its own; an authentication that failed has the method's."""
    charge, method = getattr(error, "charge", None), getattr(error, "payment_method", None)
    return charge or getattr(method, "id", None) or (_id(found.latest_charge) if found.latest_charge else "")
