"""`payment.payment.v1`: the attempts to settle charges, in the order of their reservation's partition."""

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from parking_events.base import WireEvent
from parking_events.enumerations import Open
from parking_events.topics import PAYMENT, Topic
from parking_events.values import Code, Instant, Money, WireValue


class PaymentStatus(StrEnum):
    """Where the payment stands."""

    REQUESTED = "requested"
    ACTION_REQUIRED = "action_required"
    AUTHORIZED = "authorized"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    DISPUTED = "disputed"


class RefundStatus(StrEnum):
    """Where a refund stands."""

    REQUESTED = "requested"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Refund(WireValue):
    """Money on its way back."""

    refund_id: UUID = Field(description="The refund.")
    amount: Money = Field(description="How much goes back.")
    status: Open[RefundStatus] = Field(description="How far the refund has come.")
    reason: Code = Field(description="Why it goes back, as a code.")


class PaymentState(WireEvent):
    """One attempt to settle one charge. `amount_refunded` sums the refunds that succeeded."""

    topic: ClassVar[Topic] = PAYMENT
    partition_key_field: ClassVar[str] = "reservation_id"
    subject_field: ClassVar[str] = "payment_id"

    payment_id: UUID = Field(description="The payment: one attempt to settle one charge.")
    charge_id: UUID = Field(description="The charge that it settles.")
    reservation_id: UUID = Field(description="The reservation that owes the charge.")
    user_id: UUID | None = Field(default=None, description="The driver, where it is known who pays.")
    organization_id: UUID = Field(description="The organization that earns the money.")
    parking_lot_id: UUID = Field(description="The lot.")
    status: Open[PaymentStatus] = Field(description="How far the payment has come.")
    amount: Money = Field(description="What is paid.")
    amount_refunded: Money = Field(description="What has gone back: the sum of the refunds that succeeded.")
    refunds: tuple[Refund, ...] = Field(default=(), description="All refunds, the oldest first.")
    refund_id: UUID | None = Field(
        default=None,
        description="The refund, one of `refunds`, that the event is about; absent where it is about none, and in "
        "events of release 0.1.",
    )
    failure_code: Code | None = Field(default=None, description="Why the attempt failed; absent where it did not.")
    requested_at: Instant = Field(description="When the driver began to pay.")
    succeeded_at: Instant | None = Field(default=None, description="When the money was captured; absent before.")


class PaymentRequestedV1(PaymentState):
    """An intent exists; the driver can complete it."""

    event_type: ClassVar[str] = "parking.payment.requested.v1"


class PaymentActionRequiredV1(PaymentState):
    """The bank wants to see the driver (3-D Secure)."""

    event_type: ClassVar[str] = "parking.payment.action_required.v1"


class PaymentAuthorizedV1(PaymentState):
    """The money is reserved, not yet captured."""

    event_type: ClassVar[str] = "parking.payment.authorized.v1"


class PaymentSucceededV1(PaymentState):
    """The money was captured."""

    event_type: ClassVar[str] = "parking.payment.succeeded.v1"


class PaymentFailedV1(PaymentState):
    """The attempt failed; `failure_code` says how. The driver may try again."""

    event_type: ClassVar[str] = "parking.payment.failed.v1"


class PaymentCancelledV1(PaymentState):
    """The intent was withdrawn before money moved."""

    event_type: ClassVar[str] = "parking.payment.cancelled.v1"


class PaymentRefundRequestedV1(PaymentState):
    """A refund was asked for; `refund_id` says which. It is the last of `refunds`."""

    event_type: ClassVar[str] = "parking.payment.refund_requested.v1"


class PaymentRefundedV1(PaymentState):
    """A refund arrived; `refund_id` says which."""

    event_type: ClassVar[str] = "parking.payment.refunded.v1"


class PaymentRefundFailedV1(PaymentState):
    """A refund did not go through; `refund_id` says which."""

    event_type: ClassVar[str] = "parking.payment.refund_failed.v1"


class PaymentDisputedV1(PaymentState):
    """The card's owner objected. It marks the payment, not the stay."""

    event_type: ClassVar[str] = "parking.payment.disputed.v1"


class PaymentDisputeClosedV1(PaymentState):
    """The dispute was decided; `reason` is `won` or `lost`."""

    event_type: ClassVar[str] = "parking.payment.dispute_closed.v1"
