"""Which events this service takes in, and what each does."""

from collections.abc import Callable, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from parking_events import ReservationState
from parking_messaging.handlers import Delivery, Handlers
from payment_service.adapters.kafka import from_wire
from payment_service.application.event_handlers.follow_reservations import (
    FollowReservations,
    FollowReservationsHandler,
)
from payment_service.application.ports import Work

RESERVATIONS = "payment.reservations"
LOGINS = "payment.logins"
GROUPS = (RESERVATIONS, LOGINS)
BATCH = 100

WorkOn = Callable[[AsyncConnection], Work]


def reservation_handlers(work_on: WorkOn, follow: FollowReservationsHandler) -> Handlers[AsyncConnection]:
    """Reservation's dues: a copy by version, and what follows from the newest one."""

    async def reservations(deliveries: Sequence[Delivery], tx: AsyncConnection) -> None:
        await follow(work_on(tx), FollowReservations([from_wire.dues(event) for event, _envelope in deliveries]))

    handlers = Handlers[AsyncConnection]()
    handlers.state_copy_batch(ReservationState, reservations, batch_size=BATCH)
    return handlers
