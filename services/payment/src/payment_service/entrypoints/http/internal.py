"""What reservation asks before it expires a hold."""

from uuid import UUID

from parking_chassis.internal_access import internal_router
from parking_chassis.schemas import ResponseBody
from payment_service.application.queries.look_into_outbox import LookIntoOutbox
from payment_service.entrypoints.http.dependencies import Does

router = internal_router()


class OutboxView(ResponseBody):
    """Whether payment's events are in Kafka, but for those of some reservations that it refuses."""

    clear: bool
    held_reservations: list[UUID]


@router.get("/outbox")
async def get_outbox(does: Does) -> OutboxView:
    """Whether all that payment committed before the question is published; within about a second."""
    held = await does.look_into_outbox(LookIntoOutbox())
    return OutboxView(clear=held is not None, held_reservations=sorted(held or ()))
