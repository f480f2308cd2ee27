"""Which events this service takes in, and what each does."""

from collections.abc import Callable, Sequence

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from parking_events import LotState, PaymentSucceededV1, SpotState, TariffState
from parking_messaging.cloud_events import Envelope
from parking_messaging.failures import PoisonEvent
from parking_messaging.handlers import Delivery, Handlers
from reservation_service.adapters.kafka import from_wire
from reservation_service.application.event_handlers.keep_lot import KeepLot, keep_lot
from reservation_service.application.event_handlers.keep_spots import KeepSpots, keep_spots
from reservation_service.application.event_handlers.keep_tariff import KeepTariff, keep_tariff
from reservation_service.application.event_handlers.settle_payments import SettlePayments, SettlePaymentsHandler
from reservation_service.application.ports import Work
from reservation_service.domain.errors import UnknownReservation

log = structlog.stdlib.get_logger(__name__)

CATALOGUE = "reservation.catalogue"
PAYMENTS = "reservation.payments"
GROUPS = (CATALOGUE, PAYMENTS)
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
        if (understood := from_wire.tariff(event)) is None:
            # A price by half a tariff would be wrong. The README says how the tariff is read again after an upgrade.
            log.warning("tariff_not_understood", tariff_id=str(event.tariff_id), lot_id=str(event.parking_lot_id))
            return
        await keep_tariff(work_on(tx), KeepTariff(understood))

    handlers = Handlers[AsyncConnection]()
    handlers.state_copy(LotState, lot)
    handlers.state_copy_batch(SpotState, spots, batch_size=BATCH)
    handlers.state_copy(TariffState, tariff)
    return handlers


def payment_handlers(work_on: WorkOn, settle: SettlePaymentsHandler) -> Handlers[AsyncConnection]:
    """Payment's captures: effects, each once."""

    async def succeeded(deliveries: Sequence[Delivery], tx: AsyncConnection) -> None:
        captured = [from_wire.captured(event) for event, _envelope in deliveries]
        try:
            await settle(work_on(tx), SettlePayments(captured))
        except UnknownReservation as error:
            raise PoisonEvent(str(error)) from error

    handlers = Handlers[AsyncConnection]()
    handlers.effect_batch(PaymentSucceededV1, succeeded, batch_size=PAYMENTS_BATCH)
    return handlers
