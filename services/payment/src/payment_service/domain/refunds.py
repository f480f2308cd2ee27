"""Refunds of a payment."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from parking_kernel.pauses import GrowingPause

PAUSE = GrowingPause(timedelta(minutes=1), timedelta(hours=24), factor=4)
"""How long to wait before a refund that failed is tried again."""


class RefundStatus(StrEnum):
    """Where a refund stands."""

    REQUESTED = "requested"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Refund:
    """Money on its way back.

    `key` is the idempotency key of the next call, stored before the call is made; `asked` counts the calls, so that a
    second one looks first whether the first took effect. `attempt` counts refunds at the provider: one that failed is
    tried again at `due_at`, since what is owed stays owed. `is_booked` says that the ledger has it as given back, with
    `tax` in it.
    """

    id: UUID
    amount: int
    status: RefundStatus
    reason: str
    requested_at: datetime
    due_at: datetime | None
    key: str
    asked: int = 0
    attempt: int = 1
    provider_id: str | None = None
    failure_code: str | None = None
    is_booked: bool = False
    tax: int = 0

    @property
    def is_given_up(self) -> bool:
        """Whether it failed and is not tried again."""
        return self.status is RefundStatus.FAILED and self.due_at is None

    @property
    def is_under_way(self) -> bool:
        """Whether the provider has it, and it has not arrived."""
        return self.status is RefundStatus.REQUESTED and self.provider_id is not None

    @property
    def is_untouched(self) -> bool:
        """Whether the provider can have nothing of it: it failed there, or was never asked for."""
        return self.status is RefundStatus.FAILED or (self.status is RefundStatus.REQUESTED and not self.asked)


def refund_key(refund_id: UUID, attempt: int, generation: int) -> str:
    """The idempotency key of a call: the same as long as the provider may still be at work on an earlier one."""
    return f"refund-{refund_id}-{attempt}-{generation}"
