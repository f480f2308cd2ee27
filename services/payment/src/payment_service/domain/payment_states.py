"""What is known of a payment at one version."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from parking_kernel.currencies import step_of
from parking_kernel.money import proportional
from payment_service.domain.charges import Charge
from payment_service.domain.parked_reports import Reports
from payment_service.domain.provider import DisputeStatus
from payment_service.domain.refund_orders import RefundOrder
from payment_service.domain.refunds import Refund, RefundStatus


class PaymentStatus(StrEnum):
    """Where a payment stands."""

    REQUESTED = "requested"
    ACTION_REQUIRED = "action_required"
    AUTHORIZED = "authorized"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    DISPUTED = "disputed"


@dataclass(frozen=True, slots=True)
class PaymentFilter:
    """Which payments of a list are wanted; what is not given does not matter.

    `since` and `until` are of when the driver began to pay; `until` is the first instant after.
    """

    status: PaymentStatus | None = None
    reservation_id: UUID | None = None
    parking_lot_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


S = PaymentStatus
FINAL = frozenset({S.SUCCEEDED, S.CANCELLED})


@dataclass(frozen=True, slots=True)
class Dispute:
    """An objection of the card's owner; `tax` is what the ledger took back with it."""

    id: str
    amount: int
    tax: int
    status: DisputeStatus


@dataclass(frozen=True, slots=True)
class PaymentState:
    """All there is to know of a payment, at one version. `stage` knows of no refunds; `status` is the whole.

    `is_live` holds until it is cancelled: a charge has one live payment at most. `intent_key` is what the provider is
    asked under; a later key than the first one says that an earlier one answers an error permanently. A page
    pays with the `client_secret`: none once the payment is captured or cancelled. What the provider said of another
    amount or currency than the charge's is `parked`.
    """

    id: UUID
    charge: Charge
    stage: PaymentStatus
    save_method: bool
    requested_at: datetime
    intent_key: str
    intent_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    observed_at: datetime | None = None
    failure_code: str | None = None
    failed_attempt: str | None = None
    cancel_requested_at: datetime | None = None
    succeeded_at: datetime | None = None
    refunds: tuple[Refund, ...] = ()
    orders: tuple[RefundOrder, ...] = ()
    dispute: Dispute | None = None
    is_live: bool = True
    version: int = 0
    parked: Reports = ()

    @property
    def key_generation(self) -> int:
        """Which of its keys is in use, from 1."""
        return int(self.intent_key.rpartition("-")[2])

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to learn from the provider."""
        if self.has_open_reports:
            return False
        if self.stage is not S.SUCCEEDED:
            return self.stage is S.CANCELLED
        return not self.has_open_dispute and not any(refund.is_under_way for refund in self.refunds)

    @property
    def has_open_reports(self) -> bool:
        """Whether the provider said something that differs from the charge, and nobody has settled it."""
        return any(report.is_open for report in self.parked)

    def is_parked(self, object_id: str | None) -> bool:
        """Whether the provider said another amount of this object than was right, open or closed."""
        return any(report.object_id == object_id for report in self.parked)

    def is_closed(self, object_id: str) -> bool:
        """Whether what the provider said of this object was settled by somebody."""
        return any(report.object_id == object_id and not report.is_open for report in self.parked)

    @property
    def has_open_dispute(self) -> bool:
        """Whether a dispute holds money that it may give back."""
        return self.dispute is not None and self.dispute.status is DisputeStatus.OPEN

    @property
    def is_captured(self) -> bool:
        """Whether the money was taken."""
        return self.succeeded_at is not None

    @property
    def refunded(self) -> int:
        """The sum of the refunds that succeeded."""
        return sum(refund.amount for refund in self.refunds if refund.status is RefundStatus.SUCCEEDED)

    @property
    def disputed_away(self) -> int:
        """What a dispute has taken, or holds."""
        return self.dispute.amount if self.dispute and self.dispute.status is not DisputeStatus.WON else 0

    @property
    def returning(self) -> int:
        """What went back or is going back, by whatever way."""
        return min(self.charge.amount.amount, self.refunding + self.disputed_away)

    @property
    def refunding(self) -> int:
        """What went back or is going back by refunds."""
        return sum(refund.amount for refund in self.refunds if not refund.is_given_up)

    @property
    def tax_given_back(self) -> int:
        """How much of the tax the ledger has as given back."""
        dispute = self.dispute.tax if self.dispute and self.disputed_away else 0
        return sum(refund.tax for refund in self.refunds) + dispute

    def tax_within(self, amount: int) -> int:
        """The tax in the next amount that goes back: the shares add up to the charge's tax, to the last unit."""
        whole = self.charge.amount.amount
        booked = sum(refund.amount for refund in self.refunds if refund.is_booked) + self.disputed_away
        return proportional(self.charge.tax.amount, min(whole, booked + amount), whole) - self.tax_given_back

    @property
    def step(self) -> int:
        """Of what each part of it that goes back is a multiple."""
        return step_of(self.charge.amount.currency)

    @property
    def refundable(self) -> int:
        """What could still go back."""
        return self.charge.amount.amount - self.returning if self.is_captured else 0

    @property
    def status(self) -> PaymentStatus:
        """Where it stands, with refunds and dispute."""
        if self.disputed_away:
            return S.DISPUTED
        if self.stage is not S.SUCCEEDED or not self.refunded:
            return self.stage
        return S.REFUNDED if self.refunded >= self.charge.amount.amount else S.PARTIALLY_REFUNDED

    def refund(self, refund_id: UUID) -> Refund:
        """One of its refunds."""
        return next(refund for refund in self.refunds if refund.id == refund_id)

    def order(self, order_id: UUID) -> RefundOrder | None:
        """One of its refund orders; none for a refund that nobody ordered."""
        return next((order for order in self.orders if order.id == order_id), None)

    def is_meant_by(self, order: RefundOrder) -> bool:
        """Whether an order can be carried out of this payment; else it was named by mistake, and waits."""
        is_its = order.payment_id == self.id and order.reservation_id == self.charge.reservation_id
        return is_its and order.amount.currency == self.charge.amount.currency
