"""`payment.ledger-entry.v1`: the books. Analytics' revenue is the sum of these, to the cent."""

from enum import StrEnum
from typing import ClassVar, Self
from uuid import UUID

from pydantic import Field, model_validator

from parking_events.base import WireEvent
from parking_events.enumerations import Open
from parking_events.topics import LEDGER_ENTRY, Topic
from parking_events.values import Currency, Instant, Money, WireValue


class LedgerEntryKind(StrEnum):
    """What was booked."""

    PAYMENT = "payment"
    REFUND = "refund"
    DISPUTE = "dispute"
    DISPUTE_REVERSAL = "dispute_reversal"
    FEE = "fee"


class Posting(WireValue):
    """One line of an entry: `amount` in minor units, a debit above zero, a credit below."""

    account: str = Field(
        pattern="^[a-z][a-z0-9_]*(:[a-z][a-z0-9_]*)*$", description="The account, its parts separated by colons."
    )
    amount: int = Field(description="In the currency's smallest unit: a debit above zero, a credit below.")


class LedgerEntryState(WireEvent):
    """A double entry: its postings add up to zero, all in `currency`. It never changes; `version` is always 1.

    `gross` is what it moved and `tax` the part of it that is tax, both without a sign: `kind` gives the direction.
    """

    topic: ClassVar[Topic] = LEDGER_ENTRY
    partition_key_field: ClassVar[str] = "organization_id"
    subject_field: ClassVar[str] = "entry_id"

    entry_id: UUID = Field(description="The entry.")
    kind: Open[LedgerEntryKind] = Field(description="What was booked, and thereby which way the money went.")
    organization_id: UUID = Field(description="The organization whose books these are.")
    parking_lot_id: UUID | None = Field(default=None, description="The lot that earned it, if it was one.")
    reservation_id: UUID | None = Field(default=None, description="The reservation that it was paid for.")
    payment_id: UUID | None = Field(default=None, description="The payment that moved the money.")
    refund_id: UUID | None = Field(default=None, description="The refund; absent unless money went back by one.")
    currency: Currency = Field(description="The currency of all amounts of the entry.")
    postings: tuple[Posting, ...] = Field(min_length=2, description="The lines; their amounts add up to zero.")
    gross: Money = Field(description="What the entry moved, without a sign; `kind` gives the direction.")
    tax: Money = Field(description="The part of `gross` that is tax.")
    posted_at: Instant = Field(description="When it was booked.")

    @model_validator(mode="after")
    def _balanced(self) -> Self:
        if sum(posting.amount for posting in self.postings):
            raise ValueError("the postings of a ledger entry add up to zero")
        if {self.gross.currency, self.tax.currency} != {self.currency}:
            raise ValueError("a ledger entry has one currency")
        return self


class LedgerPostedV1(LedgerEntryState):
    """Money moved, and the books say so."""

    event_type: ClassVar[str] = "parking.ledger.posted.v1"
