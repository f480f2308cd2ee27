"""What a reservation owes: the signed charge that a payment settles, and payment's own copy of the whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from parking_kernel.money import Money


@dataclass(frozen=True, slots=True)
class Charge:
    """One amount that a driver owes, as reservation signed it; `tax` is contained in `amount`."""

    id: UUID
    reservation_id: UUID
    user_id: UUID
    organization_id: UUID
    parking_lot_id: UUID
    amount: Money
    tax: Money


class ChargeStatus(StrEnum):
    """Whether a charge can still be paid."""

    OPEN = "open"
    PAID = "paid"
    VOID = "void"


class ReservationStatus(StrEnum):
    """Where a reservation stands."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    ACTIVE = "active"
    COMPLETED = "completed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


GIVEN_UP = frozenset({ReservationStatus.EXPIRED, ReservationStatus.CANCELLED})
SETTLED = frozenset({ChargeStatus.PAID, ChargeStatus.VOID})


def known[E: StrEnum](statuses: type[E], name: str) -> E | str:
    """The status of this name; the name itself where a newer reservation service added it."""
    return statuses(name) if name in statuses else name


@dataclass(frozen=True, slots=True)
class OwedCharge:
    """A charge within a reservation's copy; its status may be one that this release does not know."""

    id: UUID
    status: ChargeStatus | str


@dataclass(frozen=True, slots=True)
class NamedRefund:
    """What reservation says of a refund order: it never changes."""

    id: UUID
    payment_id: UUID
    amount: Money
    reason: str


@dataclass(frozen=True, slots=True)
class AmountsDue:
    """What a reservation owes, and what has to go back in all, by its newest event.

    From a status that this release does not know nothing follows: no intent is withdrawn for it.
    `refund_orders` say of which payments; events of release 0.1 have none, and give the sum alone.
    """

    reservation_id: UUID
    status: ReservationStatus | str
    charges: Sequence[OwedCharge]
    refund_due: Money
    version: int
    refund_orders: Sequence[NamedRefund] | None = None

    def status_of(self, charge_id: UUID) -> ChargeStatus | str | None:
        """Where a charge stands; none for one that the reservation does not have (yet)."""
        return next((charge.status for charge in self.charges if charge.id == charge_id), None)

    def still_wants(self, charge_id: UUID) -> bool:
        """Whether money for this charge is still awaited. One that is not known yet is: its event is on the way."""
        return self.status not in GIVEN_UP and self.status_of(charge_id) not in SETTLED
