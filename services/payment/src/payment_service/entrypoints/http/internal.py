"""What reservation asks before it lets a hold expire."""

from typing import Self
from uuid import UUID

from parking_chassis.internal_access import internal_router
from parking_chassis.schemas import ResponseBody
from payment_service.application.queries.look_into_outbox import LookIntoOutbox, OutboxState
from payment_service.entrypoints.http.dependencies import Does

router = internal_router()


class OutboxView(ResponseBody):
    """Whether payment's events are in Kafka, but for those of some reservations that it refuses."""

    clear: bool
    held_reservations: list[UUID]

    @classmethod
    def of(cls, state: OutboxState) -> Self:
        """From the application's."""
        return cls(clear=state.is_clear, held_reservations=sorted(state.held_reservations))


@router.get("/outbox")
async def get_outbox(does: Does) -> OutboxView:
    """Whether all that payment committed before the question is published; within about a second."""
    return OutboxView.of(await does.look_into_outbox(LookIntoOutbox()))
