"""What notification asks before it mails a driver whose reservation an operator cancelled."""

from uuid import UUID

from parking_chassis.internal_access import internal_router
from parking_chassis.schemas import ResponseBody
from parking_kernel.askers import THE_SERVICE
from reservation_service.entrypoints.http.dependencies import Service

router = internal_router()


class OperatorReason(ResponseBody):
    """The operator's own words; null where no operator cancelled the reservation."""

    reason: str | None


@router.get("/reservations/{reservation_id}/operator-reason")
async def get_operator_reason(reservation_id: UUID, service: Service) -> OperatorReason:
    """Why an operator cancelled a reservation. An answer is the truth: a process that cannot know it answers 404."""
    async with service.open_work(THE_SERVICE) as work:
        cancellation = await work.operator_cancellations.of(reservation_id)
    return OperatorReason(reason=cancellation.reason if cancellation else None)
