"""The one place where other services' wire contracts become this service's words."""

from parking_events import ReservationState
from parking_kernel.money import Money
from payment_service.domain.charges import ChargeStatus, Dues, OwedCharge, ReservationStatus, known


def dues(event: ReservationState) -> Dues:
    """What payment keeps of a reservation."""
    return Dues(
        reservation_id=event.reservation_id,
        status=known(ReservationStatus, event.status.value),
        charges=tuple(OwedCharge(each.charge_id, known(ChargeStatus, each.status.value)) for each in event.charges),
        refund_due=Money(event.refund_due.amount, event.refund_due.currency),
        version=event.version,
    )
