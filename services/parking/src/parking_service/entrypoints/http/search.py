"""The search for lots."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field, StringConstraints, field_validator

from parking_chassis.pagination import DEFAULT_LIMIT, MAX_LIMIT, Page, address_with
from parking_kernel.violations import Violation, refuse_any
from parking_service.application.ports import Box, LotFilter
from parking_service.domain.spots import SpotType
from parking_service.domain.values import Place
from parking_service.entrypoints.http.dependencies import Asks, Operator
from parking_service.entrypoints.http.lot_answers import FOR_ONE_ALONE, FoundLotAnswer, lots_answer
from parking_service.entrypoints.http.values import Latitude, Longitude, Storable

router = APIRouter(prefix="/api/v1/parking-lots", tags=["parking lots"])

MAX_RADIUS = 50_000
MAX_OFFSET = 10_000
DEFAULT_RADIUS = 5_000
BOX_NUMBERS = 4


class LotQuery(BaseModel):
    """What is asked for: lots near a place, in a box, or anywhere."""

    latitude: Annotated[Latitude | None, Field(description="degrees north (WGS 84); goes with `longitude`")] = None
    longitude: Annotated[Longitude | None, Field(description="degrees east (WGS 84); goes with `latitude`")] = None
    radius_m: Annotated[int, Field(ge=1, le=MAX_RADIUS, description="metres around the place")] = DEFAULT_RADIUS
    bbox: Annotated[str | None, Field(max_length=200, description="west,south,east,north in degrees")] = None
    q: Annotated[
        str | None,
        StringConstraints(max_length=100),
        Field(
            description="words of name or address, of which the first five count; case, accents and small typing"
            " errors are forgiven"
        ),
        Storable,
    ] = None
    spot_type: Annotated[SpotType | None, Field(description="only lots that have such spots")] = None
    amenities: Annotated[list[str], Field(max_length=20, description="all of them; repeated or comma-separated")] = []
    max_hourly: Annotated[int | None, Field(ge=0, le=10**9, description="minor units of the lot's currency")] = None
    open_now: Annotated[
        bool,
        Field(
            description="`true`: only lots whose opening hours hold at this moment, in their own time zones; a lot "
            "without hours is always open. `false`: also those that are shut"
        ),
    ] = False
    organization_id: Annotated[UUID | None, Field(description="only lots of this organization")] = None
    sort: Annotated[
        Literal["distance", "price", "availability"] | None,
        Field(
            description="`distance`: the nearest first, in metres from `latitude` and `longitude`, which it needs; "
            "`price`: the lowest `hourly_rate` first; `availability`: the most `available_spots` first. Without it, "
            "by distance where a place is named, else by name"
        ),
    ] = None
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
    offset: Annotated[int, Field(ge=0, le=MAX_OFFSET)] = 0

    @field_validator("amenities")
    @classmethod
    def _separated(cls, values: list[str]) -> list[str]:
        return [word for value in values for word in value.split(",") if word]

    def box(self) -> Box | None:
        """The box that is asked for. Raises `InvalidFields`."""
        if self.bbox is None:
            return None
        try:
            numbers = [float(part) for part in self.bbox.split(",")]
        except ValueError:
            numbers = []
        valid = len(numbers) == BOX_NUMBERS and _is_box(Box(*numbers))
        refuse_any([] if valid else [Violation("query/bbox", "must be west,south,east,north in degrees")])
        return Box(*numbers)

    def near(self) -> Place | None:
        """The place that is asked about. Raises `InvalidFields`."""
        if self.latitude is not None and self.longitude is not None:
            return Place(self.latitude, self.longitude)
        missing = {"latitude": self.latitude, "longitude": self.longitude}
        if any(value is not None for value in missing.values()) or self.sort == "distance":
            refuse_any(
                Violation(f"query/{name}", "is required: a place has both, and a distance has a place")
                for name, value in missing.items()
                if value is None
            )
        return None


@router.get("", response_model=Page[FoundLotAnswer])
async def search_lots(request: Request, asks: Asks, asked: Annotated[LotQuery, Query()]) -> Response:
    """Find lots that are on sale: the nearest first where a place is named, else by name; no sign-in needed.

    `available_spots` is about this moment alone: what sensors, counters and gates saw, and what is booked for now. It
    is a second or two old. What can be booked for a period says `GET /parking-lots/{id}/availability`.
    """
    now, near = request.app.state.clock.now(), asked.near()
    wanted = LotFilter(
        at=now,
        near=near,
        radius_m=asked.radius_m,
        box=asked.box(),
        words=tuple((asked.q or "").split()),
        spot_type=asked.spot_type,
        amenities=tuple(asked.amenities),
        max_hourly=asked.max_hourly,
        open_now=asked.open_now,
        organization_id=asked.organization_id,
        sort=asked.sort or ("distance" if near else "name"),
        limit=asked.limit + 1,
        offset=asked.offset,
    )
    found = await asks.replica.search(wanted)
    following = None
    if len(found) > asked.limit:
        following = address_with(request, offset=asked.offset + asked.limit)
    return lots_answer(found[: asked.limit], now, following)


@router.get("/drafts", response_model=Page[FoundLotAnswer])
async def list_drafts(
    request: Request,
    asks: Asks,
    operator: Operator,
    organization_id: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    offset: Annotated[int, Query(ge=0, le=MAX_OFFSET)] = 0,
) -> Response:
    """The lots of one's own organizations that wait for their first tariff, by name: no driver finds them."""
    now = request.app.state.clock.now()
    wanted = LotFilter(
        at=now,
        drafts=True,
        organizations=None if operator.sees_all else tuple(operator.organizations),
        organization_id=organization_id,
        sort="name",
        limit=limit + 1,
        offset=offset,
    )
    found = await asks.written.search(wanted)
    following = address_with(request, offset=offset + limit) if len(found) > limit else None
    return lots_answer(found[:limit], now, following, FOR_ONE_ALONE)


def _is_box(box: Box) -> bool:
    return (
        -180 <= box.west <= 180  # noqa: PLR2004 - degrees
        and -180 <= box.east <= 180  # noqa: PLR2004 - degrees
        and -90 <= box.south <= box.north <= 90  # noqa: PLR2004 - degrees
    )
