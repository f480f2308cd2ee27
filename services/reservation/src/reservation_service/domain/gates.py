"""Whether a gate opens, and why not. A gate reports what happened; when it was is bounded."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from parking_kernel.violations import InvalidFields, Violation
from reservation_service.domain.charges import ChargeStatus
from reservation_service.domain.reservations import ReservationState, ReservationStatus

OPENS_BEFORE = timedelta(minutes=15)
REPORTED_WITHIN = timedelta(hours=24)
"""How far back a gate may report: one that was without a network for a day loses nothing."""
CLOCKS_DIFFER = timedelta(minutes=1)
"""How far a gate's clock may run ahead of ours. What it reports within that counts as now."""


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


def at_entry(
    reservation: ReservationState,
    parking_lot_id: UUID,
    at: datetime,
    opens_before: timedelta = OPENS_BEFORE,
    *,
    suspended_at: datetime | None = None,
) -> GateVerdict:
    """Confirmed, this lot, from a while before the start until the end, by a driver who was not suspended by then.

    A no-show may still come in when the gate says that it happened in time (it was offline then). A gate without a
    network also lets in by its list what was cancelled a moment later: that happened, and is kept for the operator.
    """
    if reservation.parking_lot_id != parking_lot_id:
        return GateVerdict(Reason.WRONG_LOT)
    was_in = _was_in_before_it_was_cancelled(reservation, at, opens_before)
    if reason := Reason.ENTRY_KEPT if was_in else AT_ENTRY.get(reservation.status):
        return GateVerdict(reason)
    if suspended_at is not None and at >= suspended_at:
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
    there can have been such an entry. Where the entry of a cancelled reservation was kept, its exit is kept too.
    """
    if reservation.parking_lot_id != parking_lot_id:
        return GateVerdict(Reason.WRONG_LOT)
    if entry_is_kept or _was_in_before_it_was_cancelled(reservation, at, opens_before):
        return GateVerdict(Reason.EXIT_KEPT)
    if reason := AT_EXIT.get(reservation.status):
        return GateVerdict(reason)
    if reservation.status in ENTRY_MAY_COME:
        can_be_in = at >= reservation.period.starts_at - opens_before
        return GateVerdict(Reason.EXIT_KEPT if can_be_in else Reason.NOT_IN)
    return GateVerdict(Reason.OK)


def _was_in_before_it_was_cancelled(reservation: ReservationState, at: datetime, opens_before: timedelta) -> bool:
    """Whether what a gate reports happened while a reservation that is cancelled now still let its car in."""
    if reservation.status is not S.CANCELLED or reservation.cancelled_at is None or at >= reservation.cancelled_at:
        return False
    was_confirmed = any(charge.status is ChargeStatus.PAID for charge in reservation.charges)
    return was_confirmed and reservation.period.starts_at - opens_before <= at < reservation.period.ends_at
