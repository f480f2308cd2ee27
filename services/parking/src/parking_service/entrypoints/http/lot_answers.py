"""Lots as clients read them, written to JSON directly: a page of the search is built thousands of times a second."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Response
from pydantic import Field
from pydantic_core import from_json, to_json

from parking_chassis.concurrency import etag
from parking_chassis.idempotency import response_of
from parking_chassis.schemas import ResponseBody, open_words
from parking_kernel.money import Money
from parking_kernel.repeatable import Answer
from parking_service.application.ports import LotView
from parking_service.domain.lots import LotState, LotStatus
from parking_service.domain.occupancy import confidence
from parking_service.domain.spots import SpotType

MEDIA_TYPE = "application/json"
CREATED = 201
FOR_A_SECOND = {"Cache-Control": "public, max-age=1"}
"""Everybody gets the same answer, and how many spots are free is seldom known to the second."""
FOR_ONE_ALONE = {"Cache-Control": "private, no-store"}


class MoneyAnswer(ResponseBody):
    """An amount in minor units."""

    amount: int
    currency: str


class PlaceAnswer(ResponseBody):
    """A point on the earth in degrees (WGS 84)."""

    latitude: float
    longitude: float


class LotAnswer(ResponseBody):
    """A lot.

    `available_spots` is how many spots are free at this moment: those in service, less those that a sensor saw taken,
    where a car is in, or that somebody has booked for now. Where the lot has a counter, it is the spots less the cars
    that were counted (or came in through the gates, where that is more), and less the bookings of now whose car has not
    come. It is no answer to what can be booked for a period: `GET /parking-lots/{id}/availability` is.

    `available_as_of` is when a sensor or counter last reported, and `confidence` how far what was seen still holds,
    from 0 to 1: the share of spots with a sensor, each of them less with its silence. It is 0 where nobody watches.

    A lot with the `status` `draft` has no prices yet and is not on sale.
    """

    id: UUID
    organization_id: UUID
    name: str
    description: str | None
    location: PlaceAnswer
    address: str
    time_zone: str
    total_spots: int
    available_spots: int
    available_as_of: datetime | None
    confidence: float
    currency: str
    hourly_rate: MoneyAnswer | None
    daily_rate: MoneyAnswer | None
    spot_types: list[Annotated[str, Field(json_schema_extra=open_words(SpotType))]]
    amenities: list[str]
    opening_hours: dict[str, Any] | None
    status: Annotated[str, Field(description="whether it is on sale", json_schema_extra=open_words(LotStatus))]
    version: int


class FoundLotAnswer(LotAnswer):
    """A lot in a list; `distance_m` is geodesic, from the place that was asked about."""

    distance_m: float | None


def lot_answer(lot: LotView, now: datetime) -> Response:
    """One lot, with its ETag."""
    return Response(to_json(_plain(lot, now)), headers={"ETag": etag(lot.version)}, media_type=MEDIA_TYPE)


def created_lot(state: LotState) -> Answer:
    """A lot that was just created, as it is read from now on."""
    return Answer(CREATED, to_json(_plain(_unwatched(state), state.created_at)))


def created_lot_response(answer: Answer) -> Response:
    """With where the lot is, and its ETag."""
    lot: dict[str, Any] = from_json(answer.body)
    return response_of(answer, {"Location": f"/api/v1/parking-lots/{lot['id']}", "ETag": etag(lot["version"])})


def lots_answer(
    lots: Sequence[LotView], now: datetime, following: str | None, caching: Mapping[str, str] = FOR_A_SECOND
) -> Response:
    """A page of lots; `following` is the next page's address."""
    items = [_plain(lot, now) | {"distance_m": _rounded(lot.distance_m)} for lot in lots]
    headers = dict(caching) | ({"Link": f'<{following}>; rel="next"'} if following else {})
    return Response(to_json({"items": items, "next": following}), 200, headers, MEDIA_TYPE)


def _unwatched(state: LotState) -> LotView:
    """A lot that no sensor has reported of: all of its spots count as free."""
    return LotView(
        id=state.id,
        organization_id=state.organization_id,
        name=state.name,
        description=state.description,
        address=state.address,
        place=state.place,
        time_zone=state.time_zone,
        amenities=state.amenities,
        opening_hours=json.dumps(state.opening_hours.plain()) if state.opening_hours else None,
        currency=state.currency,
        hourly_rate=state.hourly_rate,
        daily_rate=state.daily_rate,
        status=state.status.value,
        total_spots=state.total_spots,
        spot_types=[spot_type.value for spot_type in state.spot_types],
        available_spots=state.total_spots,
        observed_at=None,
        changed_at=None,
        coverage=0.0,
        version=state.version,
    )


def _plain(lot: LotView, now: datetime) -> dict[str, Any]:
    return {
        # As text: the encoder takes six times as long for the driver's own kind of UUID.
        "id": str(lot.id),
        "organization_id": str(lot.organization_id),
        "name": lot.name,
        "description": lot.description,
        "location": {"latitude": lot.place.latitude, "longitude": lot.place.longitude},
        "address": lot.address,
        "time_zone": lot.time_zone,
        "total_spots": lot.total_spots,
        "available_spots": lot.available_spots,
        "available_as_of": lot.observed_at,
        "confidence": confidence(lot.observed_at, lot.changed_at, lot.coverage, now, lot.fading),
        "currency": lot.currency,
        "hourly_rate": _money(lot.hourly_rate),
        "daily_rate": _money(lot.daily_rate),
        "spot_types": lot.spot_types,
        "amenities": lot.amenities,
        "opening_hours": json.loads(lot.opening_hours) if lot.opening_hours else None,
        "status": lot.status,
        "version": lot.version,
    }


def _money(money: Money | None) -> dict[str, Any] | None:
    return {"amount": money.amount, "currency": money.currency} if money else None


def _rounded(metres: float | None) -> float | None:
    return None if metres is None else round(metres, 1)
