"""What takes supply away: on which terms, what is answered, and how far such a change is."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from parking_chassis.api_document import described, may_answer
from parking_chassis.jobs import JobAnswer
from parking_chassis.problems import NOT_FOUND, Problem, ProblemKind
from parking_chassis.schemas import ResponseBody
from parking_service.application.queries.get_supply_change import GetSupplyChange
from parking_service.domain.bookings import FIRST, AffectedBookings
from parking_service.domain.errors import BookingsAffected, SupplyChangeRunning
from parking_service.domain.supply import SupplyChangeState, SupplyDecision, SupplyTerms
from parking_service.domain.values import AffectedPolicy
from parking_service.entrypoints.http.dependencies import Does, Operator

router = APIRouter(prefix="/api/v1/supply-changes", tags=["supply changes"])

ACCEPTED: Final = 202
PATH: Final = "/api/v1/supply-changes"
Preview = Annotated[bool, Query(description="only show which bookings are in the way, and change nothing")]


class AffectedBookingAnswer(ResponseBody):
    """A booking that is in the way."""

    reservation_id: UUID
    spot_id: UUID
    spot_number: str
    status: Annotated[str, Field(description="as reservation has it: pending, confirmed or active")]
    start_time: datetime
    end_time: datetime


class AffectedBookingsAnswer(ResponseBody):
    """The bookings that are in the way of a change."""

    count: Annotated[int, Field(description="how many there are")]
    first: Annotated[list[AffectedBookingAnswer], Field(description=f"the first {FIRST} of them, by their start")]
    as_of: Annotated[
        datetime | None,
        Field(description="when the newest of the bookings' events that are known here was committed; null before any"),
    ]


class RunningSupplyChange(ResponseBody):
    """The change that is at work, and has to end first."""

    supply_change_id: Annotated[UUID, Field(description="ask `GET /supply-changes/{supply_change_id}` how far it is")]
    affected: Annotated[AffectedPolicy, Field(description="what becomes of the bookings in its way")]


BOOKINGS_AFFECTED = ProblemKind("bookings-affected", "Bookings are in the way", 409, members=AffectedBookingsAnswer)
SUPPLY_CHANGE_RUNNING = ProblemKind(
    "supply-change-running", "An earlier change is at work", 409, {"Retry-After": "5"}, RunningSupplyChange
)


class SupplyChangeAccepted(ResponseBody):
    """Where to ask how far the change is: `/supply-changes/{supply_change_id}`."""

    supply_change_id: UUID


class SupplyChangeAnswer(JobAnswer):
    """How far a change of supply is with the bookings in its way; `done` are those that are settled."""

    parking_lot_id: UUID
    affected: Annotated[AffectedPolicy, Field(description="what becomes of the bookings")]
    moved: Annotated[int, Field(description="how many have another spot now")]
    refunded: Annotated[int, Field(description="how many were ended, and everything that was paid goes back")]
    cancelled: Annotated[int, Field(description="how many were not paid yet, and were cancelled")]
    waiting_for_exit: Annotated[int, Field(description="how many cars are in, whose exit the change waits for")]


TAKES_SUPPLY: dict[int | str, dict[str, Any]] = {
    ACCEPTED: {
        "model": SupplyChangeAccepted,
        "description": "Done; what becomes of the bookings is a job",
        "headers": described("Location"),
    }
}
"""What an operation that may take supply away documents besides its own answers."""
PREVIEWED: dict[int | str, dict[str, Any]] = {
    200: {"model": AffectedBookingsAnswer, "description": "A preview: nothing was changed"}
}
PREVIEWS: dict[int | str, dict[str, Any]] = TAKES_SUPPLY | PREVIEWED
"""The same, where nothing else is answered with 200."""


@may_answer(BOOKINGS_AFFECTED, SUPPLY_CHANGE_RUNNING)
async def _terms(
    affected: Annotated[
        AffectedPolicy | None,
        Query(description="what becomes of bookings that are in the way; without it they refuse the change (409)"),
    ] = None,
    *,
    preview: Preview = False,
) -> SupplyTerms:
    return SupplyTerms(affected, preview)


Terms = Annotated[SupplyTerms, Depends(_terms)]


@router.get("/{supply_change_id}")
@may_answer(NOT_FOUND)
async def get_supply_change(supply_change_id: UUID, does: Does, operator: Operator) -> SupplyChangeAnswer:
    """How far a change of one's own organizations' supply is with the bookings that were in its way."""
    return _answer(await does.get_supply_change(GetSupplyChange(operator, supply_change_id)))


def response_to(decision: SupplyDecision) -> Response | None:
    """The answer to a preview, and to a change whose policy was named; none where the operation has its own answer."""
    if decision.terms.is_preview:
        return preview_response(decision.bookings)
    if decision.job_id is None:
        return None
    body = SupplyChangeAccepted(supply_change_id=decision.job_id)
    location = {"Location": f"{PATH}/{decision.job_id}"}
    return Response(body.model_dump_json(), ACCEPTED, location, "application/json")


def preview_response(bookings: AffectedBookings) -> Response:
    """The bookings that would be in the way."""
    return Response(_bookings(bookings).model_dump_json(), media_type="application/json")


def bookings_affected(error: Exception) -> Problem:
    """A 409 that shows what a preview shows."""
    assert isinstance(error, BookingsAffected)
    return Problem(BOOKINGS_AFFECTED, f"{error}.", **_bookings(error.bookings).model_dump(mode="json"))


def supply_change_running(error: Exception) -> Problem:
    """A 409 that names the change to wait for."""
    assert isinstance(error, SupplyChangeRunning)
    members = {"supply_change_id": str(error.change_id), "affected": error.affected.value}
    return Problem(SUPPLY_CHANGE_RUNNING, f"{str(error).capitalize()}.", **members)


def _bookings(bookings: AffectedBookings) -> AffectedBookingsAnswer:
    first = [
        AffectedBookingAnswer(
            reservation_id=each.reservation_id,
            spot_id=each.spot_id,
            spot_number=each.spot_number,
            status=each.status,
            start_time=each.starts_at,
            end_time=each.ends_at,
        )
        for each in bookings.first
    ]
    return AffectedBookingsAnswer(count=bookings.count, first=first, as_of=bookings.as_of)


def _answer(state: SupplyChangeState) -> SupplyChangeAnswer:
    progress = state.progress
    return SupplyChangeAnswer(
        id=state.id,
        status=progress.status.value,
        total=progress.total,
        done=progress.done,
        started_at=state.started_at,
        ended_at=progress.ended_at,
        failure=None,
        parking_lot_id=state.loss.parking_lot_id,
        affected=state.affected,
        moved=progress.moved,
        refunded=progress.refunded,
        cancelled=progress.cancelled,
        waiting_for_exit=progress.waiting_for_exit,
    )
