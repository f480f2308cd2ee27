"""Other services' events come in: which of them, translated into this service's words, and what each does.

No other file knows both their wire contracts and our words.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.application.event_handlers.keep_lot import KeepLot, keep_lot
from notification_service.application.event_handlers.keep_organization import KeepOrganization, keep_organization
from notification_service.application.event_handlers.notify_users import NotifyUsers
from notification_service.application.ports import LotCopy, OrganizationCopy, ReservationCopy
from notification_service.bootstrap import SERVICE, Notification
from notification_service.domain.coming_refunds import PaymentCopy, Refund, RefundOrder
from notification_service.domain.notifications import Details
from notification_service.domain.rooms import Ownership
from notification_service.domain.source_events import (
    SourceEvent,
    occupancy_rooms,
    payment_rooms,
    reservation_rooms,
    supply_change_rooms,
)
from parking_chassis.ended_logins import note_ended_logins
from parking_events import (
    ChargeRaisedV1,
    LotOccupancyState,
    LotState,
    OrganizationState,
    PaymentRefundedV1,
    PaymentState,
    PaymentStatus,
    RefundStatus,
    ReservationCancelledV1,
    ReservationNoShowV1,
    ReservationState,
    ReservationStatus,
    SpotOccupancyState,
    SupplyChangeState,
    WireEvent,
)
from parking_events import Refund as WireRefund
from parking_events.values import Money as WireMoney
from parking_kernel.money import Money
from parking_messaging.adapters.kafka_connection import KafkaConnection
from parking_messaging.cloud_events import Envelope
from parking_messaging.ended_logins import login_handlers
from parking_messaging.handlers import BatchHandler, Delivery, Handlers
from parking_messaging.service_messaging import ServiceMessaging

LOTS = "notification.lots"
RESERVATIONS = "notification.reservations"
PAYMENTS = "notification.payments"
OCCUPANCY = "notification.occupancy"
SUPPLY_CHANGES = "notification.supply-changes"
LOGINS = "notification.logins"
ORGANIZATIONS = "notification.organizations"
GROUPS = (LOTS, ORGANIZATIONS, RESERVATIONS, PAYMENTS, OCCUPANCY, SUPPLY_CHANGES, LOGINS)

BATCH = 100
"""Events in one transaction, when there are so many: a room's counter is then locked and written once for all.

Partitions share a lane, because their transactions would wait for each other at the counters of the same rooms.
"""


def messaging(service: Notification) -> ServiceMessaging[AsyncConnection]:
    """All that notification has to do with Kafka. Connects when it runs.

    What `replay` applies again reaches rooms by the poll: only a worker announces.
    """
    settings = service.settings
    return ServiceMessaging(
        service=SERVICE,
        kafka=KafkaConnection(**settings.kafka, client_id=SERVICE),
        relay_url=settings.relay_url,
        transactions=service.transactions,
        handlers=handlers(service),
        replication_factor=settings.topic_replication_factor,
    )


def handlers(service: Notification) -> dict[str, Handlers[AsyncConnection]]:
    """The handlers of each group."""
    payments = Handlers[AsyncConnection](share_a_lane=True)
    payments.effect_batch(PaymentState, _payment_handler(service), batch_size=BATCH)
    occupancy = Handlers[AsyncConnection](share_a_lane=True)
    occupancy.effect_batch(SpotOccupancyState, _notifying(service, spot_source), batch_size=BATCH)
    occupancy.effect_batch(LotOccupancyState, _notifying(service, lot_source), batch_size=BATCH)
    supply_changes = Handlers[AsyncConnection](share_a_lane=True)
    supply_changes.effect_batch(SupplyChangeState, _notifying(service, supply_change_source), batch_size=BATCH)
    return {
        LOTS: _lot_handlers(service),
        ORGANIZATIONS: _organization_handlers(service),
        RESERVATIONS: _reservation_handlers(service),
        PAYMENTS: payments,
        OCCUPANCY: occupancy,
        SUPPLY_CHANGES: supply_changes,
        LOGINS: login_handlers(note_ended_logins),
    }


def _lot_handlers(service: Notification) -> Handlers[AsyncConnection]:
    async def lot(event: LotState, _envelope: Envelope, tx: AsyncConnection) -> None:
        async with service.work_on(tx) as work:
            await keep_lot(work, KeepLot(lot_copy(event)))

    lots = Handlers[AsyncConnection]()
    lots.state_copy(LotState, lot)
    return lots


def _organization_handlers(service: Notification) -> Handlers[AsyncConnection]:
    async def organization(event: OrganizationState, _envelope: Envelope, tx: AsyncConnection) -> None:
        async with service.work_on(tx) as work:
            await keep_organization(work, KeepOrganization(organization_copy(event)))

    organizations = Handlers[AsyncConnection]()
    organizations.state_copy(OrganizationState, organization)
    return organizations


def _reservation_handlers(service: Notification) -> Handlers[AsyncConnection]:
    async def notify(deliveries: Sequence[Delivery], tx: AsyncConnection) -> None:
        sources = [reservation_source(*each) for each in deliveries]
        copies = [reservation_copy(each.event) for each in deliveries]
        async with service.work_on(tx) as work:
            await service.notify_users(work, NotifyUsers(sources, copies))

    reservations = Handlers[AsyncConnection](share_a_lane=True)
    reservations.effect_batch(ReservationState, notify, batch_size=BATCH)
    return reservations


def _payment_handler(service: Notification) -> BatchHandler[AsyncConnection]:
    async def notify(deliveries: Sequence[Delivery], tx: AsyncConnection) -> None:
        sources = [payment_source(*each) for each in deliveries]
        copies = [payment_copy(each.event) for each in deliveries]
        async with service.work_on(tx) as work:
            await service.notify_users(work, NotifyUsers(sources, payments=copies))

    return notify


def _notifying[Event: WireEvent](
    service: Notification, source: Callable[[Event, Envelope], SourceEvent]
) -> BatchHandler[AsyncConnection]:
    async def notify(deliveries: Sequence[Delivery], tx: AsyncConnection) -> None:
        async with service.work_on(tx) as work:
            await service.notify_users(work, NotifyUsers([source(*each) for each in deliveries]))

    return notify


def lot_copy(event: LotState) -> LotCopy:
    """What notification keeps of a lot."""
    return LotCopy(event.parking_lot_id, event.name, event.address, event.time_zone, event.version)


def organization_copy(event: OrganizationState) -> OrganizationCopy:
    """What notification keeps of an organization."""
    return OrganizationCopy(event.organization_id, frozenset(each.user_id for each in event.members), event.version)


def reservation_copy(event: ReservationState) -> ReservationCopy:
    """Whose a reservation is, and until when it waits for its payment."""
    owner = Ownership(event.user_id, event.organization_id)
    held_until = event.hold_expires_at if event.status is ReservationStatus.PENDING else None
    return ReservationCopy(event.reservation_id, owner, event.version, held_until)


def payment_copy(event: PaymentState) -> PaymentCopy:
    """What notification keeps of a payment."""
    refunds = tuple(
        Refund(each.refund_id, each.amount.amount, each.status is RefundStatus.SUCCEEDED) for each in event.refunds
    )
    is_disputed = event.status is PaymentStatus.DISPUTED
    return PaymentCopy(event.payment_id, event.amount.amount, is_disputed, refunds, event.version)


def reservation_source(event: ReservationState, envelope: Envelope) -> SourceEvent:
    """Something that happened to a reservation.

    The amount is what goes back where it was cancelled, what was paid where nobody came, and what a new charge owes.
    """
    amount, reason = _of_interest(event)
    return SourceEvent(
        event_id=envelope.event_id,
        name=short_name(envelope.event_type),
        at=envelope.time,
        rooms=reservation_rooms(event.reservation_id, event.user_id, event.organization_id),
        public=_public_reservation(event),
        user_id=event.user_id,
        details=Details(
            parking_lot_id=event.parking_lot_id,
            reservation_id=event.reservation_id,
            amount=_money(amount),
            spot_number=event.spot_number,
            starts_at=event.starts_at,
            ends_at=event.ends_at,
            reason=reason,
            previous_spot_number=event.moved_from.spot_number if event.moved_from and "spot" in event.changed else None,
        ),
        changed=frozenset(event.changed),
        organization_id=event.organization_id,
        refund_orders=None
        if event.refund_orders is None
        else tuple(
            RefundOrder(each.id, each.payment_id, each.amount.amount, each.reason) for each in event.refund_orders
        ),
    )


def _of_interest(event: ReservationState) -> tuple[WireMoney, str | None]:
    """The amount that a driver has to know, and why."""
    match event:
        case ReservationCancelledV1():
            return event.refund_due, event.reason
        case ReservationNoShowV1():
            return event.amount_paid, event.reason
        case ChargeRaisedV1(charges=(*_, raised)):
            return raised.amount, raised.reason.value
        case _:
            return event.amount_owed, event.reason


def payment_source(event: PaymentState, envelope: Envelope) -> SourceEvent:
    """Something that happened to a payment; the amount is that of the refund where one arrived."""
    amount, reason = event.amount, event.failure_code or event.reason
    if isinstance(event, PaymentRefundedV1):
        refund = _arrived(event)
        amount, reason = (refund.amount, refund.reason) if refund else (event.amount_refunded, event.reason)
    return SourceEvent(
        event_id=envelope.event_id,
        name=short_name(envelope.event_type),
        at=envelope.time,
        rooms=payment_rooms(event.reservation_id, event.user_id),
        public=_public(
            id=event.payment_id,
            reservation_id=event.reservation_id,
            charge_id=event.charge_id,
            status=event.status.value,
            amount=_public_money(event.amount),
            amount_refunded=_public_money(event.amount_refunded),
            failure_code=event.failure_code,
            version=event.version,
        ),
        user_id=event.user_id,
        details=Details(event.parking_lot_id, event.reservation_id, _money(amount), reason=reason),
    )


def _arrived(event: PaymentRefundedV1) -> WireRefund | None:
    """The refund that arrived. Events of release 0.1 do not name it: there it is the last with the event's reason."""
    if event.refund_id is not None:
        return next((each for each in event.refunds if each.refund_id == event.refund_id), None)
    arrived = [each for each in event.refunds if each.status is RefundStatus.SUCCEEDED]
    return next((each for each in reversed(arrived) if each.reason == event.reason), arrived[-1] if arrived else None)


def spot_source(event: SpotOccupancyState, envelope: Envelope) -> SourceEvent:
    """A sensor saw a spot."""
    seen = {"spot_id": event.spot_id, "occupied": event.occupied}
    return _occupancy(event, envelope, seen)


def lot_source(event: LotOccupancyState, envelope: Envelope) -> SourceEvent:
    """A counter counted a lot."""
    seen = {"occupied": event.occupied, "capacity": event.capacity}
    return _occupancy(event, envelope, seen)


def supply_change_source(event: SupplyChangeState, envelope: Envelope) -> SourceEvent:
    """How far a change of supply is with the bookings in its way."""
    last = event.last
    return SourceEvent(
        event_id=envelope.event_id,
        name=short_name(envelope.event_type),
        at=envelope.time,
        rooms=supply_change_rooms(event.organization_id, event.total),
        public=_public(
            id=event.id,
            parking_lot_id=event.parking_lot_id,
            affected=event.affected.value,
            status=event.status.value,
            total=event.total,
            moved=event.moved,
            refunded=event.refunded,
            cancelled=event.cancelled,
            waiting_for_exit=event.waiting_for_exit,
            last=_public(reservation_id=last.reservation_id, outcome=last.outcome.value) if last else None,
            at=event.at,
            version=event.version,
        ),
    )


def short_name(event_type: str) -> str:
    """`reservation.confirmed`, of `parking.reservation.confirmed.v1`."""
    return event_type.removeprefix("parking.").rpartition(".")[0]


def _occupancy(event: SpotOccupancyState | LotOccupancyState, envelope: Envelope, seen: dict[str, Any]) -> SourceEvent:
    public = _public(
        parking_lot_id=event.parking_lot_id,
        **seen,
        observed_at=event.observed_at,
        confidence=event.confidence,
        version=event.version,
    )
    name, rooms = short_name(envelope.event_type), occupancy_rooms(event.parking_lot_id)
    return SourceEvent(envelope.event_id, name, envelope.time, rooms, public)


def _public_reservation(event: ReservationState) -> dict[str, object]:
    stay = event.parking_session
    return _public(
        id=event.reservation_id,
        parking_lot_id=event.parking_lot_id,
        spot_id=event.spot_id,
        spot_number=event.spot_number,
        spot_type=event.spot_type.value,
        moved_from=_public(spot_id=event.moved_from.spot_id, spot_number=event.moved_from.spot_number)
        if event.moved_from
        else None,
        status=event.status.value,
        start_time=event.starts_at,
        end_time=event.ends_at,
        hold_expires_at=event.hold_expires_at,
        total_cost=_public_money(event.amount_owed),
        refund_due=_public_money(event.refund_due),
        entered_at=stay.entered_at if stay else None,
        exited_at=stay.exited_at if stay else None,
        reason=event.reason,
        version=event.version,
    )


def _public(**fields: object) -> dict[str, object]:
    """Fields as JSON has them."""
    return {name: _plain(value) for name, value in fields.items()}


def _plain(value: object) -> object:
    match value:
        case UUID():
            return str(value)
        case datetime():
            return value.isoformat()
        case _:
            return value


def _public_money(money: WireMoney) -> dict[str, object]:
    return {"amount": money.amount, "currency": money.currency}


def _money(money: WireMoney) -> Money:
    return Money(money.amount, money.currency)
