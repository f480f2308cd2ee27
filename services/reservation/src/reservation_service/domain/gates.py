"""Whether a gate opens, and why not. A gate reports what happened; when it was is bounded."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from parking_kernel.periods import Period
from parking_kernel.violations import InvalidFields, Violation
from reservation_service.domain.charges import ChargeStatus
from reservation_service.domain.gate_lists import AHEAD
from reservation_service.domain.reservations import ReservationState, ReservationStatus

OPENS_BEFORE = timedelta(minutes=15)
REPORTED_WITHIN = timedelta(hours=24)
"""How far back a gate may report: one that was without a network for a day loses nothing."""
CLOCKS_DIFFER = timedelta(minutes=1)
"""How far a gate's clock may run ahead of ours, or behind. What it reports within that counts as now."""


class Reason(StrEnum):
    """What the gate may show to the driver."""

    OK = "ok"
    EXIT_KEPT = "exit_kept"
    ENTRY_KEPT = "entry_kept"
    INVALID_CREDENTIAL = "invalid_credential"
    WRONG_LOT = "wrong_lot"
    UNPAID = "unpaid"
    USER_SUSPENDED = "user_suspended"
    TOO_EARLY = "too_early"
    TOO_LATE = "too_late"
    ALREADY_IN = "already_in"
    ALREADY_OUT = "already_out"
    NOT_IN = "not_in"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


S = ReservationStatus

AT_ENTRY = {
    S.PENDING: Reason.UNPAID,
    S.ACTIVE: Reason.ALREADY_IN,
    S.COMPLETED: Reason.ALREADY_OUT,
    S.EXPIRED: Reason.EXPIRED,
    S.CANCELLED: Reason.CANCELLED,
}
AT_EXIT = {
    S.PENDING: Reason.NOT_IN,
    S.COMPLETED: Reason.ALREADY_OUT,
    S.EXPIRED: Reason.EXPIRED,
    S.CANCELLED: Reason.CANCELLED,
}
ENTRY_MAY_COME = frozenset({S.CONFIRMED, S.NO_SHOW})
"""Where an entry that nobody has reported yet can still be: its gate may be without a network."""
OPENING = frozenset({Reason.OK, Reason.EXIT_KEPT, Reason.ENTRY_KEPT})


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """Whether the gate opens."""

    reason: Reason

    @property
    def opens(self) -> bool:
        """True for the reasons to open."""
        return self.reason in OPENING


def happened_at(reported: datetime | None, now: datetime) -> datetime:
    """When what a gate reports happened: now, if it says nothing. Raises `InvalidFields`."""
    if reported is None:
        return now
    if reported > now + CLOCKS_DIFFER:
        raise InvalidFields([Violation("/at", "must not be in the future")])
    if reported < now - REPORTED_WITHIN:
        hours = REPORTED_WITHIN // timedelta(hours=1)
        raise InvalidFields([Violation("/at", f"must be at most {hours} hours ago")])
    return min(reported, now)


def is_over(at: datetime, now: datetime) -> bool:
    """Whether what a gate reports has happened, and is no question: the car is in, whatever we answer."""
    return at < now - CLOCKS_DIFFER


def at_entry(
    reservation: ReservationState,
    parking_lot_id: UUID,
    at: datetime,
    opens_before: timedelta = OPENS_BEFORE,
    *,
    suspended_at: datetime | None = None,
    was_let_in: bool = False,
) -> GateVerdict:
    """Confirmed, this lot, from a while before the start until the end, by a driver who was not suspended by then.

    A no-show may still come in when the gate says that it happened in time (it was offline then). A gate without a
    network goes by a list that may be older than a cancellation or a suspension. Where the car `was_let_in`, that
    happened: a stay of a cancelled reservation is kept for the operator, and one of a suspended driver counts.
    """
    if reservation.parking_lot_id != parking_lot_id:
        return GateVerdict(Reason.WRONG_LOT)
    let_in = _let_in(reservation, opens_before, AHEAD if was_let_in else timedelta())
    was_in = let_in is not None and let_in.starts_at <= at < let_in.ends_at
    if reason := Reason.ENTRY_KEPT if was_in else AT_ENTRY.get(reservation.status):
        return GateVerdict(reason)
    if suspended_at is not None and at >= suspended_at and not was_let_in:
        return GateVerdict(Reason.USER_SUSPENDED)
    if at < reservation.period.starts_at - opens_before:
        return GateVerdict(Reason.TOO_EARLY)
    if at >= reservation.period.ends_at:
        return GateVerdict(Reason.NO_SHOW if reservation.status is S.NO_SHOW else Reason.TOO_LATE)
    return GateVerdict(Reason.OK)


def at_exit(
    reservation: ReservationState,
    parking_lot_id: UUID,
    at: datetime,
    opens_before: timedelta = OPENS_BEFORE,
    *,
    entry_is_kept: bool = False,
) -> GateVerdict:
    """In, and in this lot; a suspended driver too.

    A car at the exit whose entry is not known came in through a gate that has not reported yet: its exit is kept, if
    there can have been such an entry. So it is of a cancelled reservation, by a list that a gate fetched before.
    """
    if reservation.parking_lot_id != parking_lot_id:
        return GateVerdict(Reason.WRONG_LOT)
    let_in = _let_in(reservation, opens_before, AHEAD)
    may_be_in = let_in is not None and let_in.starts_at <= at < let_in.ends_at + REPORTED_WITHIN
    if entry_is_kept or may_be_in:
        return GateVerdict(Reason.EXIT_KEPT)
    if reason := AT_EXIT.get(reservation.status):
        return GateVerdict(reason)
    if reservation.status in ENTRY_MAY_COME:
        can_be_in = at >= reservation.period.starts_at - opens_before
        return GateVerdict(Reason.EXIT_KEPT if can_be_in else Reason.NOT_IN)
    return GateVerdict(Reason.OK)


def _let_in(reservation: ReservationState, opens_before: timedelta, list_lasts: timedelta) -> Period | None:
    """When gates let in a reservation that is cancelled now, if they ever did: until the last list of it ran out."""
    was_confirmed = any(charge.status is ChargeStatus.PAID for charge in reservation.charges)
    if reservation.status is not S.CANCELLED or reservation.cancelled_at is None or not was_confirmed:
        return None
    first = reservation.period.starts_at - opens_before
    last = min(reservation.period.ends_at, reservation.cancelled_at + list_lasts)
    return Period(first, last) if first < last else None
