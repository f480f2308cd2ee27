"""What a reservation owes, charge by charge."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from parking_kernel.money import Money
from parking_kernel.pricing import LineItem, Price


class ChargeReason(StrEnum):
    """What is owed for."""

    BOOKING = "booking"
    OVERSTAY = "overstay"


class ChargeStatus(StrEnum):
    """Whether it can still be paid. Late money for a void charge goes back."""

    OPEN = "open"
    PAID = "paid"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Charge:
    """An amount owed, the tax within it, and how it came about. `paid_by` is the payment that settled it.

    `refunded` says that an operator has given all of that payment back.
    """

    id: UUID
    reason: ChargeReason
    status: ChargeStatus
    amount: Money
    tax: Money
    line_items: Sequence[LineItem]
    paid_by: UUID | None = None
    refunded: bool = False


def open_charge(charge_id: UUID, reason: ChargeReason, price: Price) -> Charge:
    """A charge for a price; one of nothing needs no payment."""
    status = ChargeStatus.OPEN if price.total.amount else ChargeStatus.PAID
    return Charge(charge_id, reason, status, price.total, price.tax, price.line_items)
