"""Whether a gate opens, and why not. A gate reports what happened; when it was is bounded."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

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
    network also lets in, by a list that it fetched before, what is cancelled meanwhile and who is suspended meanwhile.
    Where the car `was_let_in`, that happened: a stay of a cancelled reservation is kept for the operator, and one of a
    suspended driver counts.
    """
    if reservation.parking_lot_id != parking_lot_id:
        return GateVerdict(Reason.WRONG_LOT)
    let_in_by_a_list = _let_in_by_a_list(reservation, at, opens_before, cancelled_later=not was_let_in)
    if reason := Reason.ENTRY_KEPT if let_in_by_a_list else AT_ENTRY.get(reservation.status):
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
    if entry_is_kept or _entry_may_be_unreported(reservation, at, opens_before):
        return GateVerdict(Reason.EXIT_KEPT)
    if reason := AT_EXIT.get(reservation.status):
        return GateVerdict(reason)
    if reservation.status in ENTRY_MAY_COME:
        can_be_in = at >= reservation.period.starts_at - opens_before
        return GateVerdict(Reason.EXIT_KEPT if can_be_in else Reason.NOT_IN)
    return GateVerdict(Reason.OK)


def _let_in_by_a_list(
    reservation: ReservationState, at: datetime, opens_before: timedelta, *, cancelled_later: bool
) -> bool:
    """Whether a gate may have let in a reservation that is cancelled now; `cancelled_later`: only before it was."""
    let_in = _let_in(reservation, opens_before)
    if let_in is None or not let_in[0] <= at < let_in[1]:
        return False
    return not cancelled_later or (reservation.cancelled_at is not None and at < reservation.cancelled_at)


def _entry_may_be_unreported(reservation: ReservationState, at: datetime, opens_before: timedelta) -> bool:
    """Whether a car of a reservation that is cancelled now can be in by an entry that may still be reported."""
    let_in = _let_in(reservation, opens_before)
    return let_in is not None and let_in[0] <= at < let_in[1] + REPORTED_WITHIN


def _let_in(reservation: ReservationState, opens_before: timedelta) -> tuple[datetime, datetime] | None:
    """From when until when the lists of gates let in a reservation that is cancelled now, if they ever did.

    A list that was fetched just before the cancellation lasts for `AHEAD`.
    """
    if reservation.status is not S.CANCELLED or reservation.cancelled_at is None:
        return None
    if not any(charge.status is ChargeStatus.PAID for charge in reservation.charges):
        return None
    first = reservation.period.starts_at - opens_before
    last = min(reservation.period.ends_at, reservation.cancelled_at + AHEAD)
    return (first, last) if first < last else None
