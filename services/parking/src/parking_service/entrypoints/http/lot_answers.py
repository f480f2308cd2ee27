"""Lots as clients read them, written to JSON directly: a page of the search is built thousands of times a second."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import Response
from pydantic_core import to_json

from parking_chassis.concurrency import etag
from parking_chassis.schemas import ResponseBody
from parking_kernel.money import Money
from parking_service.application.ports import LotView
from parking_service.domain.occupancy import confidence

MEDIA_TYPE = "application/json"
FOR_A_SECOND = {"Cache-Control": "public, max-age=1"}
"""Everybody gets the same answer, and how many spots are free is seldom known to the second."""


class MoneyAnswer(ResponseBody):
    """An amount in minor units."""

    amount: int
    currency: str


class PlaceAnswer(ResponseBody):
    """A point on the earth in degrees (WGS 84)."""

    latitude: float
    longitude: float


class LotAnswer(ResponseBody):
    """A lot. `available_spots` is what was last seen, at `available_as_of`, and `confidence` how far it still tells."""

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
    spot_types: list[str]
    amenities: list[str]
    opening_hours: dict[str, Any] | None
    status: str
    version: int


class FoundLotAnswer(LotAnswer):
    """A lot in a list; `distance_m` is geodesic, from the place that was asked about."""

    distance_m: float | None


def lot_answer(lot: LotView, now: datetime, status_code: int = 200) -> Response:
    """One lot, with its ETag."""
    headers = {"ETag": etag(lot.version)}
    return Response(to_json(_plain(lot, now)), status_code, headers, MEDIA_TYPE)


def lots_answer(lots: Sequence[LotView], now: datetime, following: str | None) -> Response:
    """A page of lots; `following` is the next page's address."""
    items = [_plain(lot, now) | {"distance_m": _rounded(lot.distance_m)} for lot in lots]
    headers = FOR_A_SECOND | ({"Link": f'<{following}>; rel="next"'} if following else {})
    return Response(to_json({"items": items, "next": following}), 200, headers, MEDIA_TYPE)


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
        "confidence": confidence(lot.observed_at, lot.changed_at, lot.coverage, now),
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
