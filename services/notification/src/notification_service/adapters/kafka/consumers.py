"""Which events this service takes in, and what each does."""

from collections.abc import Callable, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.adapters.kafka import from_wire
from notification_service.application.event_handlers.keep_lot import KeepLot, keep_lot
from notification_service.application.event_handlers.tell_occasions import TellOccasions, TellOccasionsHandler
from notification_service.application.ports import Work
from notification_service.domain.occasions import Occasion
from parking_events import (
    LotOccupancyState,
    LotState,
    PaymentState,
    ReservationState,
    SpotOccupancyState,
    WireEvent,
)
from parking_messaging.cloud_events import Envelope
from parking_messaging.handlers import BatchHandler, Delivery, Handlers

LOTS = "notification.lots"
RESERVATIONS = "notification.reservations"
PAYMENTS = "notification.payments"
OCCUPANCY = "notification.occupancy"
LOGINS = "notification.logins"
GROUPS = (LOTS, RESERVATIONS, PAYMENTS, OCCUPANCY, LOGINS)

BATCH = 100
"""Events in one transaction, when there are so many: a room's counter is then locked and written once for all.

Partitions share a lane, because their transactions would wait for each other at the counters of the same rooms.
"""

WorkOn = Callable[[AsyncConnection], Work]


def all_handlers(work_on: WorkOn, tell: TellOccasionsHandler) -> dict[str, Handlers[AsyncConnection]]:
    """The handlers of each group."""
    payments = Handlers[AsyncConnection](share_a_lane=True)
    payments.effect_batch(PaymentState, _telling(work_on, tell, from_wire.payment_occasion), batch_size=BATCH)
    occupancy = Handlers[AsyncConnection](share_a_lane=True)
    occupancy.effect_batch(SpotOccupancyState, _telling(work_on, tell, from_wire.spot_occasion), batch_size=BATCH)
    occupancy.effect_batch(LotOccupancyState, _telling(work_on, tell, from_wire.lot_occasion), batch_size=BATCH)
    return {
        LOTS: _lot_handlers(work_on),
        RESERVATIONS: _reservation_handlers(work_on, tell),
        PAYMENTS: payments,
        OCCUPANCY: occupancy,
    }


def _lot_handlers(work_on: WorkOn) -> Handlers[AsyncConnection]:
    async def lot(event: LotState, _envelope: Envelope, tx: AsyncConnection) -> None:
        await keep_lot(work_on(tx), KeepLot(from_wire.lot_copy(event)))

    handlers = Handlers[AsyncConnection]()
    handlers.state_copy(LotState, lot)
    return handlers


def _reservation_handlers(work_on: WorkOn, tell: TellOccasionsHandler) -> Handlers[AsyncConnection]:
    async def told(deliveries: Sequence[Delivery], tx: AsyncConnection) -> None:
        occasions = [from_wire.reservation_occasion(*each) for each in deliveries]
        copies = [from_wire.reservation_copy(each.event) for each in deliveries]
        await tell(work_on(tx), TellOccasions(occasions, copies))

    handlers = Handlers[AsyncConnection](share_a_lane=True)
    handlers.effect_batch(ReservationState, told, batch_size=BATCH)
    return handlers


def _telling[Event: WireEvent](
    work_on: WorkOn, tell: TellOccasionsHandler, occasion: Callable[[Event, Envelope], Occasion]
) -> BatchHandler[AsyncConnection]:
    async def told(deliveries: Sequence[Delivery], tx: AsyncConnection) -> None:
        await tell(work_on(tx), TellOccasions([occasion(each.event, each.envelope) for each in deliveries]))

    return told
