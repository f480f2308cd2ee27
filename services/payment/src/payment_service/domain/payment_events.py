"""What can happen to a payment."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from payment_service.domain.payment_states import PaymentState


@dataclass(frozen=True, slots=True)
class PaymentEvent:
    """Something that happened to a payment, with the state that it led to; `refund_id` is the refund that is meant."""

    at: datetime
    payment: PaymentState
    reason: str | None = None
    refund_id: UUID | None = None


class PaymentRequested(PaymentEvent):
    """An intent exists; the driver can complete it."""


class PaymentActionRequired(PaymentEvent):
    """The bank wants to see the driver."""


class PaymentAuthorized(PaymentEvent):
    """The money is reserved, not yet captured."""


class PaymentSucceeded(PaymentEvent):
    """The money was captured."""


class PaymentFailed(PaymentEvent):
    """An attempt failed; the driver may try again."""


class PaymentCancelled(PaymentEvent):
    """The intent was withdrawn before money moved."""


class PaymentRefundRequested(PaymentEvent):
    """A refund was asked for."""


class PaymentRefunded(PaymentEvent):
    """A refund arrived."""


class PaymentRefundFailed(PaymentEvent):
    """A refund did not go through."""


class PaymentDisputed(PaymentEvent):
    """The card's owner objected."""


class PaymentDisputeClosed(PaymentEvent):
    """The dispute was decided."""
