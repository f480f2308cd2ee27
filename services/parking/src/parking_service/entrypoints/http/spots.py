"""The spots of a lot."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import Field, StringConstraints

from parking_chassis.api_document import carries, may_answer
from parking_chassis.concurrency import IfMatch, etag
from parking_chassis.idempotency import KeyOf, fingerprint_of, response_of
from parking_chassis.pagination import DEFAULT_LIMIT, Cursor, Limit, Page, encode_cursor, next_page, text_in_cursor
from parking_chassis.problems import NOT_FOUND
from parking_chassis.schemas import Line, PatchBody, RequestBody, ResponseBody
from parking_kernel.repeatable import Answer
from parking_service.application.commands.add_spots import AddSpots
from parking_service.application.commands.change_spot import ChangeSpot
from parking_service.application.commands.remove_spot import RemoveSpot
from parking_service.application.ports import SpotView
from parking_service.domain.occupancy import confidence
from parking_service.domain.spots import PlanPosition, SpotChanges, SpotPlan, SpotState, SpotStatus, SpotType
from parking_service.entrypoints.http.dependencies import Asks, Does, Operator
from parking_service.entrypoints.http.problems import CHANGED_MEANWHILE, LOT_RETIRED, SPOT_NUMBER_TAKEN
from parking_service.entrypoints.http.supply import (
    PREVIEWS,
    TAKES_SUPPLY,
    AffectedBookingsAnswer,
    Terms,
    response_to,
)

router = APIRouter(prefix="/api/v1", tags=["spots"])

MAX_SPOTS = 1000
CREATED = 201
NO_CONTENT = 204
SpotNumber = Annotated[Line, StringConstraints(min_length=1, max_length=20)]
Level = Annotated[Line, StringConstraints(min_length=1, max_length=20)]
Metres = Annotated[float, Field(strict=True, gt=0, le=100, allow_inf_nan=False)]
PlanMetres = Annotated[float, Field(strict=True, ge=-100_000, le=100_000, allow_inf_nan=False)]
Usable = Literal[SpotStatus.IN_SERVICE, SpotStatus.OUT_OF_SERVICE]


class PositionBody(RequestBody):
    """Where a spot lies in the lot's plan: metres from its corner, rotation in degrees."""

    x: PlanMetres
    y: PlanMetres
    rotation: Annotated[float, Field(strict=True, ge=-360, le=360, allow_inf_nan=False)] | None = None

    def position(self) -> PlanPosition:
        """The domain's value."""
        return PlanPosition(self.x, self.y, self.rotation)


class NewSpot(RequestBody):
    """A spot; `width` and `length` in metres."""

    spot_number: SpotNumber
    spot_type: SpotType = SpotType.STANDARD
    level: Level | None = None
    width: Metres | None = None
    length: Metres | None = None
    location_coordinates: PositionBody | None = None

    def plan(self) -> SpotPlan:
        """The domain's value."""
        position = self.location_coordinates.position() if self.location_coordinates else None
        return SpotPlan(self.spot_number, self.spot_type, self.level, self.width, self.length, position)


class NewSpots(RequestBody):
    """Up to a thousand spots, added together or not at all."""

    spots: Annotated[list[NewSpot], Field(min_length=1, max_length=MAX_SPOTS)]


class SpotPatch(PatchBody):
    """New values for what is named."""

    spot_number: SpotNumber = ""
    spot_type: SpotType = SpotType.STANDARD
    level: Level | None = None
    width: Metres | None = None
    length: Metres | None = None
    location_coordinates: PositionBody | None = None
    status: Usable = SpotStatus.IN_SERVICE

    def changes(self) -> SpotChanges:
        """What is named, the status aside; the defaults above only say that a field may be left out."""
        domain_names = {"spot_number": "number", "spot_type": "type", "location_coordinates": "position"}
        named: dict[str, Any] = {
            domain_names.get(name, name): getattr(self, name) for name in self.model_fields_set - {"status"}
        }
        if named.get("position"):
            named["position"] = named["position"].position()
        return SpotChanges(**named)


class PositionAnswer(ResponseBody):
    """Where a spot lies in the lot's plan."""

    x: float
    y: float
    rotation: float | None


class SpotAnswer(ResponseBody):
    """A spot, and what was last seen of it.

    `occupied` is what its sensor last reported, at `observed_at`; false where nobody watches it. `confidence` is how
    far that still holds, from 0 to 1. Neither knows of bookings: a spot that nobody stands on may be somebody's.
    """

    id: UUID
    parking_lot_id: UUID
    spot_number: str
    spot_type: SpotType
    level: str | None
    width: float | None
    length: float | None
    location_coordinates: PositionAnswer | None
    status: SpotStatus
    occupied: bool
    observed_at: datetime | None
    confidence: float
    version: int


@router.get("/parking-lots/{lot_id}/spots")
@may_answer(NOT_FOUND)
async def list_spots(
    request: Request,
    response: Response,
    lot_id: UUID,
    asks: Asks,
    spot_type: SpotType | None = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[SpotAnswer]:
    """The plan of a lot and what its sensors last saw, spot by spot and by number; no sign-in needed.

    It says what stands where, with the age of each sighting, and nothing of bookings: `available_spots` of the lot
    puts both together, and what can be booked for a period says `GET /parking-lots/{id}/availability`.
    """
    after = text_in_cursor(cursor)
    found = await asks.written.spots(lot_id, spot_type, after, limit + 1)
    last = encode_cursor(found[limit - 1].spot.number) if len(found) > limit else None
    now = request.app.state.clock.now()
    items = [_answer(view, now) for view in found[:limit]]
    return Page(items=items, next=next_page(request, response, last))


@router.post("/parking-lots/{lot_id}/spots", status_code=CREATED, response_model=Page[SpotAnswer])
@may_answer(NOT_FOUND, LOT_RETIRED, SPOT_NUMBER_TAKEN)
async def add_spots(lot_id: UUID, body: NewSpots, does: Does, operator: Operator, key_of: KeyOf) -> Response:
    """Add numbered spots, in service."""
    plans, key = [spot.plan() for spot in body.spots], key_of(fingerprint_of(body))
    return response_of(await does.add_spots(AddSpots(operator, lot_id, plans, key), _added_spots))


def _added_spots(states: Sequence[SpotState]) -> Answer:
    """Spots that were just added, by number, as they are read from now on."""
    items = [_answer(SpotView(state)) for state in sorted(states, key=lambda state: state.number)]
    return Answer(CREATED, Page(items=items).model_dump_json().encode())


@router.patch("/spots/{spot_id}", response_model=SpotAnswer | AffectedBookingsAnswer, responses=TAKES_SUPPLY)
@may_answer(NOT_FOUND, LOT_RETIRED, SPOT_NUMBER_TAKEN, CHANGED_MEANWHILE)
@carries("ETag")
async def change_spot(
    spot_id: UUID,
    body: SpotPatch,
    does: Does,
    asks: Asks,
    operator: Operator,
    version: IfMatch,
    terms: Terms,
    request: Request,
    response: Response,
) -> object:
    """Change what is named, or take a spot out of service; with `If-Match` only if nobody changed it meanwhile."""
    status = body.status if "status" in body.model_fields_set else None
    decision = await does.change_spot(ChangeSpot(operator, spot_id, body.changes(), status, version, terms))
    if answer := response_to(decision):
        return answer
    view = await asks.written.spot(spot_id)
    response.headers["ETag"] = etag(view.spot.version)
    return _answer(view, request.app.state.clock.now())


@router.delete("/spots/{spot_id}", status_code=204, responses=PREVIEWS)
@may_answer(NOT_FOUND, LOT_RETIRED)
async def remove_spot(spot_id: UUID, does: Does, operator: Operator, terms: Terms) -> Response:
    """Take a spot away permanently."""
    decision = await does.remove_spot(RemoveSpot(operator, spot_id, terms))
    return response_to(decision) or Response(status_code=NO_CONTENT)


def _answer(view: SpotView, now: datetime | None = None) -> SpotAnswer:
    """`now` is needed where something can have been seen."""
    spot = view.spot
    return SpotAnswer(
        id=spot.id,
        parking_lot_id=spot.parking_lot_id,
        spot_number=spot.number,
        spot_type=spot.type,
        level=spot.level,
        width=spot.width,
        length=spot.length,
        location_coordinates=PositionAnswer.model_validate(spot.position) if spot.position else None,
        status=spot.status,
        occupied=view.occupied,
        observed_at=view.observed_at,
        confidence=confidence(view.observed_at, view.observed_at, 1.0, now) if now else 0.0,
        version=spot.version,
    )
