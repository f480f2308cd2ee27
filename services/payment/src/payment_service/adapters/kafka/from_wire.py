"""The one place where other services' wire contracts become this service's words."""

from parking_events import RefundOrder, ReservationState
from parking_events.values import Money as WireMoney
from parking_kernel.money import Money
from payment_service.domain.charges import ChargeStatus, Dues, NamedRefund, OwedCharge, ReservationStatus, known


def dues(event: ReservationState) -> Dues:
    """What payment keeps of a reservation. An event of release 0.1 has no orders, not an empty list of them."""
    return Dues(
        reservation_id=event.reservation_id,
        status=known(ReservationStatus, event.status.value),
        charges=tuple(OwedCharge(each.charge_id, known(ChargeStatus, each.status.value)) for each in event.charges),
        refund_due=_money(event.refund_due),
        version=event.version,
        refund_orders=None if event.refund_orders is None else tuple(_named(each) for each in event.refund_orders),
    )


def _named(order: RefundOrder) -> NamedRefund:
    return NamedRefund(order.id, order.payment_id, _money(order.amount), order.reason)


def _money(money: WireMoney) -> Money:
    return Money(money.amount, money.currency)
