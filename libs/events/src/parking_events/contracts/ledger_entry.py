"""`payment.ledger-entry.v1`: the books. Analytics' revenue is the sum of these, to the cent."""

from enum import StrEnum
from typing import Annotated, ClassVar, Self
from uuid import UUID

from pydantic import Field, model_validator

from parking_events.base import WireEvent
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

    account: Annotated[str, Field(pattern="^[a-z][a-z0-9_]*(:[a-z][a-z0-9_]*)*$")]
    amount: int


class LedgerEntryState(WireEvent):
    """A double entry: its postings add up to zero, all in `currency`. It never changes; `version` is always 1.

    `gross` is what the entry moved and `tax` the part of it that is tax, both without a sign; `kind` tells the way.
    """

    topic: ClassVar[Topic] = LEDGER_ENTRY
    partition_key_field: ClassVar[str] = "organization_id"
    subject_field: ClassVar[str] = "entry_id"

    entry_id: UUID
    kind: LedgerEntryKind
    organization_id: UUID
    parking_lot_id: UUID | None = None
    reservation_id: UUID | None = None
    payment_id: UUID | None = None
    refund_id: UUID | None = None
    currency: Currency
    postings: Annotated[tuple[Posting, ...], Field(min_length=2)]
    gross: Money
    tax: Money
    posted_at: Instant

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
