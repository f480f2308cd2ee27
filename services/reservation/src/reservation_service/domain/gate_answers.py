"""What a gate is answered, and may show on its display."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from parking_kernel.money import Money
from reservation_service.domain.charges import ChargeReason, ChargeStatus
from reservation_service.domain.gates import OPENS_BEFORE, GateVerdict, Reason
from reservation_service.domain.reservations import ReservationState, ReservationStatus

_UNTOLD = frozenset({Reason.WRONG_LOT, Reason.INVALID_CREDENTIAL})
"""Answers that say nothing of the reservation: the gate is not its lot's, or there is none."""
_WITHOUT_SPOT = frozenset({Reason.EXPIRED, Reason.CANCELLED, Reason.NO_SHOW})

_TEXTS = {
    Reason.EXIT_KEPT: "Goodbye. Your entry has not been reported yet; your stay is settled as soon as it is.",
    Reason.ENTRY_KEPT: "This reservation was cancelled after the car drove in. The operator settles the stay.",
    Reason.INVALID_CREDENTIAL: "This code is not valid.",
    Reason.WRONG_LOT: "This code is for another parking lot.",
    Reason.UNPAID: "This reservation is not paid yet.",
    Reason.USER_SUSPENDED: "This account is suspended. Please ask the operator.",
    Reason.TOO_LATE: "The time of this reservation is over.",
    Reason.ALREADY_IN: "The car of this reservation is in already.",
    Reason.ALREADY_OUT: "This stay is over: the car is out already.",
    Reason.NOT_IN: "No car of this reservation is in.",
    Reason.EXPIRED: "This reservation was not paid in time.",
    Reason.CANCELLED: "This reservation was cancelled.",
    Reason.NO_SHOW: "The time of this reservation is over.",
}
_DUE_FOR = {ChargeReason.BOOKING: "the booking", ChargeReason.OVERSTAY: "staying longer than booked"}


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """What a gate is answered: whether it opens, which stay it is, and what a display needs.

    `opens_at` is there when it is too early, by the lot's own clock. `amount_due` is there at an exit that opens, and
    wherever something can be paid; `due_for` says what for.
    """

    verdict: GateVerdict
    spot_number: str | None = None
    vehicle_plate: str | None = field(default=None, repr=False)
    opens_at: datetime | None = None
    parking_session_id: UUID | None = None
    amount_due: Money | None = None
    due_for: tuple[ChargeReason, ...] = ()
    is_cancelled: bool = False

    @property
    def message(self) -> str:
        """A short text for the driver."""
        text = self._text()
        if self.amount_due and self.amount_due.amount:
            what_for = " and ".join(_DUE_FOR[each] for each in self.due_for)
            return f"{text} To pay: {self.amount_due} for {what_for}."
        return text

    def _text(self) -> str:
        match self.verdict.reason:
            case Reason.OK if self.amount_due is None:
                return f"Welcome. Your spot is {self.spot_number}."
            case Reason.OK:
                return "Goodbye."
            case Reason.EXIT_KEPT if self.is_cancelled:
                return "Goodbye. This reservation was cancelled; the operator settles the stay."
            case Reason.TOO_EARLY:
                assert self.opens_at is not None, "an answer that says too early says when"
                return f"Too early. You can drive in from {self.opens_at:%Y-%m-%d %H:%M}."
            case reason:
                return _TEXTS[reason]


def gate_answer(
    verdict: GateVerdict,
    state: ReservationState,
    zone: ZoneInfo,
    opens_before: timedelta = OPENS_BEFORE,
    *,
    is_exit: bool = False,
) -> GateAnswer:
    """The answer about a reservation, as it is after what was reported."""
    reason = verdict.reason
    if reason in _UNTOLD:
        return GateAnswer(verdict)
    open_charges = [each for each in state.charges if each.status is ChargeStatus.OPEN] if state.payable else []
    due = Money(sum(each.amount.amount for each in open_charges), state.currency)
    opens_at = state.period.starts_at - opens_before if reason is Reason.TOO_EARLY else None
    return GateAnswer(
        verdict,
        spot_number=None if reason in _WITHOUT_SPOT else state.spot.number,
        vehicle_plate=state.vehicle_plate,
        opens_at=opens_at.astimezone(zone) if opens_at else None,
        parking_session_id=state.parking_session.id if state.parking_session else None,
        amount_due=due if due.amount or (is_exit and reason is Reason.OK) else None,
        due_for=tuple(dict.fromkeys(each.reason for each in open_charges)),
        is_cancelled=state.status is ReservationStatus.CANCELLED,
    )
