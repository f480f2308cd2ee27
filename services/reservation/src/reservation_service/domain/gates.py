"""Whether a gate opens, and why not."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from reservation_service.domain.reservations import ReservationState, ReservationStatus

OPENS_BEFORE = timedelta(minutes=15)


class Reason(StrEnum):
    """What the gate may show to the driver."""

    OK = "ok"
    INVALID_CREDENTIAL = "invalid_credential"
    WRONG_LOT = "wrong_lot"
    UNPAID = "unpaid"
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
    S.CONFIRMED: Reason.NOT_IN,
    S.COMPLETED: Reason.ALREADY_OUT,
    S.EXPIRED: Reason.EXPIRED,
    S.CANCELLED: Reason.CANCELLED,
    S.NO_SHOW: Reason.NO_SHOW,
}


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """Whether the gate opens."""

    reason: Reason

    @property
    def opens(self) -> bool:
        """True for the one reason to open."""
        return self.reason is Reason.OK


def at_entry(
    reservation: ReservationState, parking_lot_id: UUID, at: datetime, opens_before: timedelta = OPENS_BEFORE
) -> GateVerdict:
    """Confirmed, this lot, from a while before the start until the end.

    A no-show may still come in when the gate says that it happened in time (it was offline then).
    """
    if reservation.parking_lot_id != parking_lot_id:
        return GateVerdict(Reason.WRONG_LOT)
    if reason := AT_ENTRY.get(reservation.status):
        return GateVerdict(reason)
    if at < reservation.period.starts_at - opens_before:
        return GateVerdict(Reason.TOO_EARLY)
    if at >= reservation.period.ends_at:
        return GateVerdict(Reason.NO_SHOW if reservation.status is S.NO_SHOW else Reason.TOO_LATE)
    return GateVerdict(Reason.OK)


def at_exit(reservation: ReservationState, parking_lot_id: UUID) -> GateVerdict:
    """In, and in this lot."""
    if reservation.parking_lot_id != parking_lot_id:
        return GateVerdict(Reason.WRONG_LOT)
    return GateVerdict(AT_EXIT.get(reservation.status, Reason.OK))
