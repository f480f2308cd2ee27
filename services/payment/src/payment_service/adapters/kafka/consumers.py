"""Which events this service takes in, and what each does."""

from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncConnection

from parking_events import ReservationState
from parking_messaging.cloud_events import Envelope
from parking_messaging.handlers import Handlers
from payment_service.adapters.kafka import from_wire
from payment_service.application.event_handlers.follow_reservation import FollowReservation, FollowReservationHandler
from payment_service.application.ports import Work

RESERVATIONS = "payment.reservations"
GROUPS = (RESERVATIONS,)

WorkOn = Callable[[AsyncConnection], Work]


def reservation_handlers(work_on: WorkOn, follow: FollowReservationHandler) -> Handlers[AsyncConnection]:
    """Reservation's dues: a copy by version, and what follows from the newest one."""

    async def reservation(event: ReservationState, _envelope: Envelope, tx: AsyncConnection) -> None:
        await follow(work_on(tx), FollowReservation(from_wire.dues(event)))

    handlers = Handlers[AsyncConnection]()
    handlers.state_copy(ReservationState, reservation)
    return handlers
