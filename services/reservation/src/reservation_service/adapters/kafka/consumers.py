"""Which events this service takes in, and what each does."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from parking_events import LotState, PaymentRefundedV1, PaymentSucceededV1, SpotState, TariffState
from parking_messaging.cloud_events import Envelope
from parking_messaging.failures import PoisonEvent
from parking_messaging.handlers import Delivery, Handlers
from reservation_service.adapters.kafka import from_wire
from reservation_service.application.event_handlers.follow_refunds import FollowRefunds, FollowRefundsHandler
from reservation_service.application.event_handlers.keep_lot import KeepLot, keep_lot
from reservation_service.application.event_handlers.keep_spots import KeepSpots, keep_spots
from reservation_service.application.event_handlers.keep_tariff import KeepTariff, keep_tariff
from reservation_service.application.event_handlers.settle_payments import SettlePayments, SettlePaymentsHandler
from reservation_service.application.ports import Work
from reservation_service.domain.errors import UnknownReservation

log = structlog.stdlib.get_logger(__name__)

CATALOGUE = "reservation.catalogue"
PAYMENTS = "reservation.payments"
LOGINS = "reservation.logins"
GROUPS = (CATALOGUE, PAYMENTS, LOGINS)
BATCH = 500
PAYMENTS_BATCH = 50
"""Few enough: whoever cancels one of them meanwhile waits until all are settled."""

WorkOn = Callable[[AsyncConnection], Work]


def catalogue_handlers(work_on: WorkOn) -> Handlers[AsyncConnection]:
    """Parking's lots, spots and tariffs: own copies."""

    async def lot(event: LotState, _envelope: Envelope, tx: AsyncConnection) -> None:
        await keep_lot(work_on(tx), KeepLot(from_wire.lot_copy(event)))

    async def spots(deliveries: Sequence[Delivery], tx: AsyncConnection) -> None:
        await keep_spots(work_on(tx), KeepSpots([from_wire.spot_copy(event) for event, _envelope in deliveries]))

    async def tariff(event: TariffState, _envelope: Envelope, tx: AsyncConnection) -> None:
        if (understood := from_wire.tariff_version(event)) is None:
            # A price by half a tariff would be wrong. The README says how the tariff is read again after an upgrade.
            log.warning("tariff_not_understood", tariff_id=str(event.tariff_id), lot_id=str(event.parking_lot_id))
            return
        await keep_tariff(work_on(tx), KeepTariff(understood))

    handlers = Handlers[AsyncConnection]()
    handlers.state_copy(LotState, lot)
    handlers.state_copy_batch(SpotState, spots, batch_size=BATCH)
    handlers.state_copy(TariffState, tariff)
    return handlers


def payment_handlers(
    work_on: WorkOn, settle: SettlePaymentsHandler, follow_refunds: FollowRefundsHandler
) -> Handlers[AsyncConnection]:
    """Payment's captures and refunds: effects, each once."""

    async def succeeded(deliveries: Sequence[Delivery], tx: AsyncConnection) -> None:
        captured = [from_wire.captured(event) for event, _envelope in deliveries]
        with _unknown_is_poison():
            await settle(work_on(tx), SettlePayments(captured))

    async def refunded(deliveries: Sequence[Delivery], tx: AsyncConnection) -> None:
        given_back = [each for event, _envelope in deliveries if (each := from_wire.refunded(event))]
        if given_back:
            with _unknown_is_poison():
                await follow_refunds(work_on(tx), FollowRefunds(given_back))

    handlers = Handlers[AsyncConnection]()
    handlers.effect_batch(PaymentSucceededV1, succeeded, batch_size=PAYMENTS_BATCH)
    handlers.effect_batch(PaymentRefundedV1, refunded, batch_size=PAYMENTS_BATCH)
    return handlers


@contextmanager
def _unknown_is_poison() -> Iterator[None]:
    """Money of a reservation that is not known waits among the dead letters until it is."""
    try:
        yield
    except UnknownReservation as error:
        raise PoisonEvent(str(error)) from error
