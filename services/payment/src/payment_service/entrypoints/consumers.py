"""What comes in through Kafka: which events this service consumes, what they mean here, and all its messaging."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from parking_chassis.ended_logins import note_ended_logins
from parking_events import RefundOrder, ReservationState
from parking_events.values import Money as WireMoney
from parking_kernel.money import Money
from parking_messaging import KafkaConnection
from parking_messaging.ended_logins import login_handlers
from parking_messaging.handlers import Delivery, Handlers
from parking_messaging.service_messaging import ServiceMessaging
from payment_service.application.event_handlers.follow_reservations import (
    FollowReservations,
    FollowReservationsHandler,
)
from payment_service.bootstrap import SERVICE, Payments
from payment_service.domain.charges import AmountsDue, ChargeStatus, NamedRefund, OwedCharge, ReservationStatus, known

RESERVATIONS = f"{SERVICE}.reservations"
LOGINS = f"{SERVICE}.logins"
GROUPS = (RESERVATIONS, LOGINS)
BATCH = 100


def messaging(service: Payments) -> ServiceMessaging[AsyncConnection]:
    """Relay, consumers, replay and topics; reservation asks which events Kafka refused, so that is noted."""
    settings = service.settings
    return ServiceMessaging(
        service=SERVICE,
        kafka=KafkaConnection(**settings.kafka, client_id=SERVICE),
        relay_url=settings.relay_url,
        transactions=service.engine.begin,
        handlers={RESERVATIONS: _reservation_handlers(service), LOGINS: login_handlers(note_ended_logins)},
        replication_factor=settings.topic_replication_factor,
        notes_refusals=True,
    )


def _reservation_handlers(service: Payments) -> Handlers[AsyncConnection]:
    """What reservations owe: a copy by version, and what follows from the newest one."""
    follow = FollowReservationsHandler(service.clock)

    async def reservations(deliveries: Sequence[Delivery], tx: AsyncConnection) -> None:
        async with service.work_on(tx) as work:
            await follow(work, FollowReservations([_amounts_due(event) for event, _envelope in deliveries]))

    handlers = Handlers[AsyncConnection]()
    handlers.state_copy_batch(ReservationState, reservations, batch_size=BATCH)
    return handlers


def _amounts_due(event: ReservationState) -> AmountsDue:
    """What payment stores of a reservation. An event of release 0.1 has no orders, not an empty list of them."""
    return AmountsDue(
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
