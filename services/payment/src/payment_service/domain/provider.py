"""What the provider says of an intent, a refund or a dispute, in this domain's words.

Amounts are in minor units; none where the provider's is no amount in them, which is never that of a charge.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from parking_kernel.money import Money


class IntentStatus(StrEnum):
    """Where an intent stands. `succeeded` and `cancelled` are final."""

    WAITING = "waiting"
    ACTION_REQUIRED = "action_required"
    PROCESSING = "processing"
    AUTHORIZED = "authorized"
    FAILED = "failed"
    SUCCEEDED = "succeeded"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Intent:
    """An intent as it was at `as_of`. One that is marked as ours by an id that `is_unreadable` has no `payment_id`.

    `attempt` names the attempt that failed, so that two can be told apart.

    `amount` is what was captured, once it `succeeded`; before that, what it is for.
    """

    id: str
    payment_id: UUID | None
    status: IntentStatus
    amount: Money | None
    as_of: datetime
    client_secret: str | None = field(default=None, repr=False)
    failure_code: str | None = None
    attempt: str | None = None
    is_unreadable: bool = False


class ProviderRefundStatus(StrEnum):
    """Where a refund stands at the provider. One that succeeded may still fail, when the card's bank sends it back."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ProviderRefund:
    """A refund at the provider: the `attempt` of one of ours, or without `refund_id` one that somebody made by hand.

    Or it is ours and `is_unreadable`: somebody changed there which refund or attempt of ours it is.
    """

    id: str
    intent_id: str
    refund_id: UUID | None
    attempt: int
    amount: Money | None
    status: ProviderRefundStatus
    failure_code: str | None = None
    is_unreadable: bool = False


class DisputeStatus(StrEnum):
    """Where a dispute stands."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class ProviderDispute:
    """The card's owner objected, at `opened_at` where that is known."""

    id: str
    intent_id: str
    amount: Money | None
    status: DisputeStatus
    opened_at: datetime | None = None


Observation = Intent | ProviderRefund | ProviderDispute


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """A message of the provider, known by its id; without an observation it is of no interest."""

    id: str
    type: str
    observation: Observation | None
