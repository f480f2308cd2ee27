"""The books: double entries whose postings add up to zero. An entry never changes; its id follows from its cause.

Accounts: `provider_clearing` is what the provider holds for us; of each organization, `revenue` and `tax_payable` are
what captures earned, and `unpaid_refunds` what came back from a card and is still owed to the driver. A debit is above
zero, a credit below.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid5

from parking_kernel.money import Money
from payment_service.domain.charges import Charge

CLEARING = "provider_clearing"


class EntryKind(StrEnum):
    """What was booked."""

    PAYMENT = "payment"
    REFUND = "refund"
    DISPUTE = "dispute"
    DISPUTE_REVERSAL = "dispute_reversal"


@dataclass(frozen=True, slots=True)
class Posting:
    """One line of an entry."""

    account: str
    amount: int


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something is booked: the payment, where it applies the refund, and a word that is booked once."""

    payment_id: UUID
    word: str
    at: datetime
    refund_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """`gross` is what the entry moved of the revenue, `tax` the tax in that. Raises `ValueError` when unbalanced."""

    id: UUID
    kind: EntryKind
    charge: Charge
    cause: Cause
    postings: Sequence[Posting]
    gross: Money
    tax: Money

    def __post_init__(self) -> None:
        if sum(posting.amount for posting in self.postings) != 0:
            raise ValueError("the postings of a ledger entry add up to zero")


def captured(charge: Charge, cause: Cause) -> LedgerEntry:
    """The provider took the money: it holds it for us, and the organization has earned it."""
    return _entry(EntryKind.PAYMENT, charge, cause, charge.amount, charge.tax, sign=1)


def given_back(charge: Charge, cause: Cause, gross: Money, tax: Money) -> LedgerEntry:
    """Money went back to the driver, and was not earned."""
    return _entry(EntryKind.REFUND, charge, cause, gross, tax, sign=-1)


def disputed(charge: Charge, cause: Cause, gross: Money, tax: Money) -> LedgerEntry:
    """The card's owner objected, and the provider took the money away."""
    return _entry(EntryKind.DISPUTE, charge, cause, gross, tax, sign=-1)


def dispute_won(charge: Charge, cause: Cause, gross: Money, tax: Money) -> LedgerEntry:
    """The dispute was won, and the money is back."""
    return _entry(EntryKind.DISPUTE_REVERSAL, charge, cause, gross, tax, sign=1)


def refund_came_back(charge: Charge, cause: Cause, amount: int) -> LedgerEntry:
    """A refund that was booked did not reach the card: still not earned, still owed. No revenue moves."""
    return _still_owed(charge, cause, amount)


def refund_sent_again(charge: Charge, cause: Cause, amount: int) -> LedgerEntry:
    """What had come back went out again. No revenue moves."""
    return _still_owed(charge, cause, -amount)


def _entry(kind: EntryKind, charge: Charge, cause: Cause, gross: Money, tax: Money, sign: int) -> LedgerEntry:
    postings = (
        Posting(CLEARING, sign * gross.amount),
        Posting(_account("revenue", charge), -sign * (gross.amount - tax.amount)),
        Posting(_account("tax_payable", charge), -sign * tax.amount),
    )
    moved = tuple(posting for posting in postings if posting.amount)
    return LedgerEntry(_id(cause), kind, charge, cause, moved, gross, tax)


def _still_owed(charge: Charge, cause: Cause, amount: int) -> LedgerEntry:
    postings = (Posting(CLEARING, amount), Posting(_account("unpaid_refunds", charge), -amount))
    nothing = charge.amount.of_same_currency(0)
    return LedgerEntry(_id(cause), EntryKind.REFUND, charge, cause, postings, nothing, nothing)


def _account(name: str, charge: Charge) -> str:
    return f"{name}:org_{charge.organization_id.hex}"


def _id(cause: Cause) -> UUID:
    """The same cause is the same entry: booking it twice is refused by the primary key."""
    return uuid5(cause.payment_id, cause.word)
