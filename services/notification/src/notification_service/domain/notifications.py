"""A notification: one thing that one user is notified of, once, whatever the ways it takes."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from notification_service.domain.declines import in_words
from parking_kernel.money import Money


class NotificationKind(StrEnum):
    """What a user is notified of."""

    RESERVATION_CONFIRMED = "reservation_confirmed"
    RESERVATION_CHANGED = "reservation_changed"
    RESERVATION_CANCELLED = "reservation_cancelled"
    RESERVATION_EXPIRED = "reservation_expired"
    RESERVATION_NO_SHOW = "reservation_no_show"
    OVERSTAY_WARNING = "overstay_warning"
    PAYMENT_SUCCEEDED = "payment_succeeded"
    PAYMENT_FAILED = "payment_failed"
    PAYMENT_REFUNDED = "payment_refunded"
    DRIVER_SUSPENDED = "driver_suspended"
    DRIVER_REINSTATED = "driver_reinstated"


TITLES = {
    NotificationKind.RESERVATION_CONFIRMED: "Your reservation is confirmed",
    NotificationKind.RESERVATION_CHANGED: "Your reservation has changed",
    NotificationKind.RESERVATION_CANCELLED: "Your reservation is cancelled",
    NotificationKind.RESERVATION_EXPIRED: "Your reservation has expired",
    NotificationKind.RESERVATION_NO_SHOW: "You did not come",
    NotificationKind.OVERSTAY_WARNING: "You stayed longer than you had booked",
    NotificationKind.PAYMENT_SUCCEEDED: "We have received your payment",
    NotificationKind.PAYMENT_FAILED: "Your payment did not go through",
    NotificationKind.PAYMENT_REFUNDED: "Your money is on its way back",
    NotificationKind.DRIVER_SUSPENDED: "A driver with a reservation is suspended",
    NotificationKind.DRIVER_REINSTATED: "A driver with a reservation is no longer suspended",
}

OF_OPERATORS = frozenset({NotificationKind.DRIVER_SUSPENDED, NotificationKind.DRIVER_REINSTATED})
"""Of these the lot's operators are notified, all members of its organization, and in their inboxes alone."""

SUPPLY_CHANGE = "supply_change"
"""Reservation's reason for what happens because a spot, or a lot, went away."""
ALL_REFUNDED = "refunded"
"""Reservation's reason for cancelling what an operator gave all the money back for."""
OPERATOR = "operator"
"""Reservation's reason where an operator cancelled, whose own words reservation is asked for."""


@dataclass(frozen=True, slots=True)
class Details:
    """What a notification speaks of.

    `amount` is, by kind, the price, the payment, this refund, what is still to come back, what was paid for a stay that
    nobody came for, or what is owed for staying too long. `reason` is why, as the code of reservation or payment.
    `previous_spot_number` is there where the reservation was moved; `held_until` where a payment failed and the spot is
    held for another attempt. `operator_reason` is what an operator wrote who cancelled: none until reservation has
    answered, empty where it knows of none.
    """

    parking_lot_id: UUID
    reservation_id: UUID
    amount: Money
    spot_number: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    reason: str | None = None
    previous_spot_number: str | None = None
    held_until: datetime | None = None
    operator_reason: str | None = None

    @property
    def is_of_operator(self) -> bool:
        """Whether the lot's operator cancelled."""
        return self.reason == OPERATOR

    @property
    def is_of_supply_change(self) -> bool:
        """Whether it happened because the spot, or the lot, went away."""
        return self.reason == SUPPLY_CHANGE

    @property
    def is_of_full_refund(self) -> bool:
        """Whether an operator has given back all that was paid."""
        return self.reason == ALL_REFUNDED


@dataclass(frozen=True, slots=True)
class NotificationState:
    """All there is to know of a notification, at one version. `event_id` is its source event."""

    id: UUID
    user_id: UUID
    kind: NotificationKind
    details: Details
    event_id: UUID
    created_at: datetime
    read_at: datetime | None = None
    version: int = 1

    @property
    def reason_in_words(self) -> str | None:
        """Why a payment failed, or what the operator wrote who cancelled; others say it by their reason alone."""
        if self.kind is NotificationKind.PAYMENT_FAILED:
            return in_words(self.details.reason)
        return self.details.operator_reason or None

    @property
    def lacks_operator_reason(self) -> bool:
        """Whether an operator cancelled, and reservation was not yet asked why."""
        is_cancelled = self.kind is NotificationKind.RESERVATION_CANCELLED
        return is_cancelled and self.details.is_of_operator and self.details.operator_reason is None


@dataclass(frozen=True, slots=True)
class InboxFilter:
    """Which notifications of an inbox are wanted; what is not given does not matter. `until` is the first after."""

    is_unread: bool | None = None
    kind: NotificationKind | None = None
    since: datetime | None = None
    until: datetime | None = None


class Notification:
    """The aggregate. No other service needs to know that a user has read something, so it makes no events."""

    def __init__(self, state: NotificationState) -> None:
        self.state = state
        self.loaded_version = state.version

    def explain(self, operator_reason: str | None) -> None:
        """Add why the operator cancelled, in the operator's words; once it is there it stays."""
        if self.state.lacks_operator_reason:
            details = replace(self.state.details, operator_reason=operator_reason or "")
            self.state = replace(self.state, details=details, version=self.state.version + 1)

    def read(self, at: datetime) -> None:
        """The user has seen it; again changes nothing."""
        if self.state.read_at is None:
            self.state = replace(self.state, read_at=at, version=self.state.version + 1)
