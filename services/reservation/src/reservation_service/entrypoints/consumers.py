"""Which events this service consumes, what each does, and where wire contracts become this service's words.

What has a status or a type that this release does not know cannot be booked, and is no reason for a dead letter.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any, Final
from uuid import uuid5
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from parking_chassis.ended_logins import note_ended_logins
from parking_events import AffectedPolicy as WirePolicy
from parking_events import (
    LotState,
    PaymentRefundedV1,
    PaymentSucceededV1,
    RefundStatus,
    SpotState,
    TariffState,
    UserState,
)
from parking_events.contracts import lot as wire_lot
from parking_events.contracts.spot import SpotStatus
from parking_events.contracts.user import UserStatus
from parking_events.enumerations import UnknownValue
from parking_kernel.money import Money
from parking_kernel.opening_hours import WEEKDAYS, OpeningHours, opening_hours_of
from parking_kernel.tariffs import LineType, tariff_of
from parking_messaging.adapters.kafka_connection import KafkaConnection
from parking_messaging.cloud_events import Envelope
from parking_messaging.ended_logins import login_handlers
from parking_messaging.failures import PoisonEvent
from parking_messaging.handlers import Delivery, Handlers
from parking_messaging.service_messaging import ServiceMessaging
from reservation_service.application.event_handlers.follow_refunds import FollowRefunds, Refunded
from reservation_service.application.event_handlers.keep_lot import KeepLot, keep_lot
from reservation_service.application.event_handlers.keep_spots import KeepSpots, PublishedSpot, keep_spots
from reservation_service.application.event_handlers.keep_tariff import KeepTariff, keep_tariff
from reservation_service.application.event_handlers.keep_user import KeepUser
from reservation_service.application.event_handlers.settle_payments import Captured, SettlePayments, settle_payments
from reservation_service.application.ports import LotCopy, SpotCopy, UserCopy
from reservation_service.bootstrap import PAYMENTS, SERVICE, Reservation
from reservation_service.domain.errors import UnknownReservation
from reservation_service.domain.lots import Closure, TariffVersion
from reservation_service.domain.supply import AffectedPolicy, TakenAway

log = structlog.stdlib.get_logger(__name__)

CATALOGUE: Final = "reservation.catalogue"
LOGINS: Final = "reservation.logins"
USERS: Final = "reservation.users"
GROUPS: Final = (CATALOGUE, PAYMENTS, LOGINS, USERS)
BATCH: Final = 500
PAYMENTS_BATCH: Final = 50
"""Few enough: a driver who cancels one of them meanwhile waits until all are settled."""
UNNAMED_ORDER: Final = "reservation"
"""The reason of refunds that payment made by `refund_due` alone, before orders had names: no operator's either."""


def messaging(service: Reservation) -> ServiceMessaging[AsyncConnection]:
    """All that this service has to do with Kafka."""
    settings = service.settings
    return ServiceMessaging(
        service=SERVICE,
        kafka=KafkaConnection(**settings.kafka, client_id=SERVICE),
        relay_url=settings.relay_url,
        transactions=service.engine.begin,
        handlers={
            CATALOGUE: _catalogue_handlers(service),
            PAYMENTS: _payment_handlers(service),
            LOGINS: login_handlers(note_ended_logins),
            USERS: _user_handlers(service),
        },
        replication_factor=settings.topic_replication_factor,
    )


def _catalogue_handlers(service: Reservation) -> Handlers[AsyncConnection]:
    """Parking's lots, spots and tariffs: own copies."""

    async def lot(event: LotState, envelope: Envelope, tx: AsyncConnection) -> None:
        async with service.work_on(tx) as work:
            await keep_lot(work, KeepLot(lot_copy(event), taken_away(event, envelope)))

    async def spots(deliveries: Sequence[Delivery], tx: AsyncConnection) -> None:
        async with service.work_on(tx) as work:
            spots = [PublishedSpot(spot_copy(event), taken_away(event, envelope)) for event, envelope in deliveries]
            await keep_spots(work, KeepSpots(spots))

    async def tariff(event: TariffState, _envelope: Envelope, tx: AsyncConnection) -> None:
        if (understood := tariff_version(event)) is None:
            # A price by half a tariff would be wrong. The README says how the tariff is read again after an upgrade.
            log.warning("tariff_not_understood", tariff_id=str(event.tariff_id), lot_id=str(event.parking_lot_id))
            return
        async with service.work_on(tx) as work:
            await keep_tariff(work, KeepTariff(understood))

    handlers = Handlers[AsyncConnection]()
    handlers.state_copy(LotState, lot)
    handlers.state_copy_batch(SpotState, spots, batch_size=BATCH)
    handlers.state_copy(TariffState, tariff)
    return handlers


def _payment_handlers(service: Reservation) -> Handlers[AsyncConnection]:
    """Payment's captures and refunds: effects, each once."""
    does = service.use_cases

    async def succeeded(deliveries: Sequence[Delivery], tx: AsyncConnection) -> None:
        event = SettlePayments([captured(each) for each, _envelope in deliveries])
        with _unknown_is_poison():
            async with service.work_on(tx) as work:
                await settle_payments(work, event)

    async def given_back(deliveries: Sequence[Delivery], tx: AsyncConnection) -> None:
        in_full = [each for event, _envelope in deliveries if (each := refunded(event))]
        if not in_full:
            return
        with _unknown_is_poison():
            async with service.work_on(tx) as work:
                await does.follow_refunds(work, FollowRefunds(in_full))

    handlers = Handlers[AsyncConnection]()
    handlers.effect_batch(PaymentSucceededV1, succeeded, batch_size=PAYMENTS_BATCH)
    handlers.effect_batch(PaymentRefundedV1, given_back, batch_size=PAYMENTS_BATCH)
    return handlers


def _user_handlers(service: Reservation) -> Handlers[AsyncConnection]:
    """Auth's accounts: an own copy of whether they are suspended."""

    async def user(event: UserState, envelope: Envelope, tx: AsyncConnection) -> None:
        async with service.work_on(tx) as work:
            await service.use_cases.keep_user(work, KeepUser(user_copy(event, envelope)))

    handlers = Handlers[AsyncConnection]()
    handlers.state_copy(UserState, user)
    return handlers


@contextmanager
def _unknown_is_poison() -> Iterator[None]:
    """Money of a reservation that is not known waits among the dead letters until it is."""
    try:
        yield
    except UnknownReservation as error:
        raise PoisonEvent(str(error)) from error


def lot_copy(event: LotState) -> LotCopy:
    """What reservation stores of a lot. Raises `PoisonEvent` for a time zone that does not exist."""
    _check_zone(event.time_zone)
    return LotCopy(
        id=event.parking_lot_id,
        organization_id=event.organization_id,
        name=event.name,
        time_zone=event.time_zone,
        latitude=event.location.latitude,
        longitude=event.location.longitude,
        is_open=event.status is wire_lot.LotStatus.OPEN,
        opening_hours=_hours(event.opening_hours) if event.opening_hours else None,
        closures=tuple(Closure(each.starts_at, each.ends_at) for each in event.closures if not each.spot_ids),
        tariff_id=event.tariff_id,
        version=event.version,
        is_retired=event.status is wire_lot.LotStatus.RETIRED,
    )


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise PoisonEvent(f"there is no time zone {name}") from error


def spot_copy(event: SpotState) -> SpotCopy:
    """What reservation stores of a spot; its type as parking named it, which may be none of `SPOT_TYPES`."""
    return SpotCopy(
        id=event.spot_id,
        parking_lot_id=event.parking_lot_id,
        number=event.spot_number,
        type=event.spot_type.value,
        in_service=event.status is SpotStatus.IN_SERVICE,
        version=event.version,
    )


def taken_away(event: LotState | SpotState, envelope: Envelope) -> TakenAway:
    """The change by which a version takes supply away, or would where it has less than the one before.

    An older parking names none, and asked nobody: that is a change of its own, and its bookings are moved. So are those
    of a policy that this release does not know.
    """
    named = event.supply_change
    refunds = named is not None and named.affected is WirePolicy.REFUND
    return TakenAway(
        id=named.id if named else uuid5(envelope.event_id, "supply-change"),
        affected=AffectedPolicy.REFUND if refunds else AffectedPolicy.MOVE,
        parking_lot_id=event.parking_lot_id,
        organization_id=event.organization_id,
        is_named=named is not None,
    )


def user_copy(event: UserState, envelope: Envelope) -> UserCopy:
    """What reservation stores of an account. A status that this release does not know suspends nobody."""
    return UserCopy(event.user_id, event.status is UserStatus.SUSPENDED, envelope.time, event.version)


def tariff_version(event: TariffState) -> TariffVersion | None:
    """A tariff version in the kernel's words; none where it counts in a way that this release does not know.

    Raises `PoisonEvent` for one that nothing can be priced by.
    """
    if any(isinstance(value, UnknownValue) for value in _ways_of_counting(event)):
        return None
    tariff = tariff_of(event.model_dump(mode="json"))
    every_line = chain(tariff.lines, *(band.lines for band in tariff.time_bands))
    if any(line.type is LineType.INCREMENTING and not line.increment_minutes for line in every_line):
        raise PoisonEvent("an incrementing rate line says how long its increments are")
    return TariffVersion(event.tariff_id, tariff)


def captured(event: PaymentSucceededV1) -> Captured:
    """Money that was captured."""
    return Captured(
        reservation_id=event.reservation_id,
        charge_id=event.charge_id,
        payment_id=event.payment_id,
        amount=Money(event.amount.amount, event.amount.currency),
    )


def _ways_of_counting(event: TariffState) -> Iterator[object]:
    for lines in (event.lines, *(band.lines for band in event.time_bands)):
        yield from (line.type for line in lines)
    yield from (cap.per for cap in event.caps)
    yield event.minimum


def refunded(event: PaymentRefundedV1) -> Refunded | None:
    """That all of a payment went back, and the refunds that may be an operator's; none where some of it is left."""
    if event.amount_refunded.amount < event.amount.amount:
        return None
    arrived = (each for each in event.refunds if each.status is RefundStatus.SUCCEEDED)
    refund_ids = frozenset(each.refund_id for each in arrived if each.reason != UNNAMED_ORDER)
    return Refunded(event.reservation_id, event.payment_id, refund_ids)


def _hours(hours: wire_lot.OpeningHours) -> OpeningHours:
    plain: dict[str, Any] = {name: _texts(getattr(hours, name)) for name in WEEKDAYS}
    plain["exceptions"] = [{"date": each.day.isoformat(), "hours": _texts(each.hours)} for each in hours.exceptions]
    return opening_hours_of(plain)


def _texts(hours: tuple[wire_lot.Hours, ...]) -> list[tuple[str, str]]:
    return [(each.opens, each.closes) for each in hours]
