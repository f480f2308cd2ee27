"""What a reservation owes, charge by charge."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from parking_kernel.least_charges import last_charge, tax_within
from parking_kernel.money import Money
from parking_kernel.pricing import LineItem, Price
from parking_kernel.tariffs import Tax

WAIVED = "waived"
"""The kind of a line that takes off what cannot be charged."""


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


def overstay_charge(charge_id: UUID, price: Price, tax: Tax) -> Charge | None:
    """What a stay owes beyond its end, so much of it as can be charged; none where that costs nothing.

    The stay is over, and no further charge comes with which the rest could be collected: it is waived, in a line that
    says so. What cannot be charged at all is so a charge of nothing.
    """
    if not price.total.amount:
        return None
    payable = last_charge(price.total)
    if payable == price.total:
        return open_charge(charge_id, ChargeReason.OVERSTAY, price)
    waived = price.total - payable
    label = f"Waived: {waived} cannot be charged"
    lines = (*price.line_items, LineItem(label, WAIVED, -waived.amount))
    contained = payable.of_same_currency(tax_within(payable.amount, tax))
    return open_charge(charge_id, ChargeReason.OVERSTAY, Price(payable, contained, lines))


def waived_in(charges: Sequence[Charge]) -> int:
    """How much was waived, since it could not be charged."""
    return -sum(line.amount for charge in charges for line in charge.line_items if line.kind == WAIVED)


def open_charge(charge_id: UUID, reason: ChargeReason, price: Price) -> Charge:
    """A charge for a price; one of nothing needs no payment."""
    status = ChargeStatus.OPEN if price.total.amount else ChargeStatus.PAID
    return Charge(charge_id, reason, status, price.total, price.tax, price.line_items)
