"""Quotes, availability and the booking itself."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field, StringConstraints
from pydantic_core import from_json, to_json
from structlog.contextvars import bind_contextvars, get_contextvars

from parking_chassis.access_tokens import Principal
from parking_chassis.api_document import may_answer
from parking_chassis.idempotency import IN_FLIGHT, REPLAYED, REUSED, IdempotencyKey, fingerprint_of
from parking_chassis.instants import Instant
from parking_chassis.pagination import Cursor, address_with, encode_cursor, text_in_cursor
from parking_chassis.problems import MEDIA_TYPE, NOT_FOUND, Problem, ProblemKind, invalid_field
from parking_chassis.schemas import ONE_LINE, RequestBody, ResponseBody
from parking_chassis.security import person, person_with
from parking_kernel.money import Money
from parking_kernel.periods import InvalidPeriod, Period
from parking_kernel.repeatable import Answer, RequestKey
from reservation_service.application.commands.reserve_spot import ReserveSpot
from reservation_service.application.ports import Alternative, SpotRequest
from reservation_service.application.queries.create_quote import CreateQuote
from reservation_service.application.queries.get_availability import GetAvailability
from reservation_service.bootstrap import UseCases
from reservation_service.domain.cancellation import DEFAULT_TERMS
from reservation_service.domain.lots import Lot
from reservation_service.domain.reservations import ReservationState
from reservation_service.entrypoints.http.dependencies import Does
from reservation_service.entrypoints.http.plates import Plate
from reservation_service.entrypoints.http.problems import (
    LOT_NOT_BOOKABLE,
    LOT_NOT_READY,
    NO_SUCH_SPOTS,
    PRICE_CHANGED,
    QUOTE_EXPIRED,
    SPOT_NOT_READY,
    SPOT_UNAVAILABLE,
)
from reservation_service.entrypoints.http.views import (
    NEEDS_PERMIT,
    AlternativeView,
    LineItemView,
    MoneyView,
    ReservationView,
    SpotType,
    SpotView,
    reservation_json,
)

router = APIRouter(prefix="/api/v1", tags=["reservations"])

CREATED = 201
NOT_READY: Final = (LOT_NOT_READY, SPOT_NOT_READY)
SPOTS, MOST_SPOTS = 100, 1_000
"""How many free spots are listed in one answer, unless asked otherwise, and at most."""
BEGINS_AGAIN = (
    "Other prices hold in a part of this stay. Where it begins or ends, prices are counted from the start again."
)

Driver = Annotated[Principal, Depends(person_with("write:reservation"))]


class QuoteRequest(RequestBody):
    """Where and when."""

    parking_lot_id: UUID
    spot_type: SpotType | None = None
    start_time: Instant
    end_time: Instant


class CancellationTermView(ResponseBody):
    """Until so many hours before the start, so many percent go back."""

    until_hours_before: Annotated[
        int, Field(description="hours before `start_time`; 0 is until the start itself, and after it nothing goes back")
    ]
    refund_percent: Annotated[
        int,
        Field(
            ge=0, le=100, description="of what was paid; of the terms that still hold, the one that gives most counts"
        ),
    ]


class Quote(ResponseBody):
    """A price by a tariff version. Until `expires_at` a booking that names `quote_id` costs exactly this, even if
    the tariff changes.

    It promises a price, no spot; and it is for this lot, period and spot type (or any spot, where none was named).

    A line of the kind `minimum` is what the price is raised by, so that it can be charged. `notes` say in words how the
    price comes about where the lines alone do not.
    """

    quote_id: str
    parking_lot_id: UUID
    start_time: datetime
    end_time: datetime
    total_cost: MoneyView
    line_items: list[LineItemView]
    taxes: MoneyView
    notes: list[str]
    tariff_version: str
    cancellation_terms: list[CancellationTermView]
    expires_at: datetime


class Availability(ResponseBody):
    """How many spots are free, and these of them by number; true at `as_of`."""

    free: Annotated[int, Field(description="of the whole lot, or of the asked type: not only those of this page")]
    spots: list[SpotView]
    as_of: datetime
    next: Annotated[str | None, Field(description="the address of the spots that follow")]


class MostToPay(RequestBody):
    """An amount in the currency's minor unit."""

    amount: Annotated[int, Field(ge=0, lt=2**53)]
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class ReservationRequest(RequestBody):
    """Where, when, and which spot or which type.

    Without either a standard spot, and where none is free a compact one; the other types are given when asked for.
    """

    parking_lot_id: UUID
    spot_id: UUID | None = None
    spot_type: SpotType | None = None
    start_time: Instant
    end_time: Instant
    vehicle_plate: Plate | None = None
    quote_id: Annotated[
        str | None,
        StringConstraints(min_length=1, max_length=2_000, pattern=ONE_LINE),
        Field(description="of a quote for the same lot, period and spot type: what it must cost"),
    ] = None
    max_total: Annotated[MostToPay | None, Field(description="what it may cost at most; not beside `quote_id`")] = None


UNVERIFIED: Final = (
    "Your e-mail address is not verified, so no mail about this booking is sent to it. Follow the link that was mailed "
    "to you, or ask for another one (POST /api/v1/auth/verify-email/resend)."
)


COMPACT: Final = "No standard spot was free: this one is compact, for a small car."


@dataclass(frozen=True, slots=True)
class _Answers:
    """See `reservation_service.application.ports.BookingAnswers`: as this API answers, to one request."""

    is_verified: bool
    is_for_any_spot: bool

    def booked(self, reservation: ReservationState, lot: Lot, charge_token: str | None) -> Answer:
        """201, with what is to be paid."""
        notice = " ".join(self._notices(reservation.spot.type)) or None
        return Answer(CREATED, reservation_json(reservation, lot.name, charge_token, notice))

    def taken(self, alternatives: Sequence[Alternative]) -> Answer:
        """409, with what is free."""
        return _refusal(SPOT_UNAVAILABLE, "Nothing that was asked for is free in that time.", alternatives)

    def no_such_spots(self, lot: Lot, alternatives: Sequence[Alternative]) -> Answer:
        """409, with what is free."""
        detail = f"{lot.name} has no spots in service of the type that was asked for."
        if self.is_for_any_spot:
            detail = f"{lot.name} has no spots in service but those that are given only when their type is asked for."
        return _refusal(NO_SUCH_SPOTS, detail, alternatives)

    def _notices(self, spot_type: str) -> Iterator[str]:
        if self.is_for_any_spot and spot_type == "compact":
            yield COMPACT
        if spot_type == "accessible":
            yield NEEDS_PERMIT
        if not self.is_verified:
            yield UNVERIFIED


def _refusal(kind: ProblemKind, detail: str, alternatives: Sequence[Alternative]) -> Answer:
    body = {
        "type": f"/problems/{kind.slug}",
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "instance": f"{router.prefix}/reservations",
        "request_id": get_contextvars().get("request_id"),
        "alternatives": [AlternativeView.of(each).model_dump(mode="json") for each in alternatives],
    }
    return Answer(kind.status, json.dumps(body).encode())


@router.post("/quotes")
@may_answer(NOT_FOUND, LOT_NOT_BOOKABLE, LOT_NOT_READY)
async def create_quote(body: QuoteRequest, does: Does) -> Quote:
    """What a stay would cost, line by line."""
    wanted = SpotRequest(body.parking_lot_id, Period(body.start_time, body.end_time), spot_type=body.spot_type)
    price, quote, quote_id = await does.create_quote(CreateQuote(wanted))
    return Quote(
        quote_id=quote_id,
        parking_lot_id=body.parking_lot_id,
        start_time=wanted.period.starts_at,
        end_time=wanted.period.ends_at,
        total_cost=MoneyView.of(price.total),
        line_items=LineItemView.all_of(price.line_items),
        taxes=MoneyView.of(price.tax),
        notes=[
            *([BEGINS_AGAIN] if price.begins_again else ()),
            *([NEEDS_PERMIT] if body.spot_type == "accessible" else ()),
        ],
        tariff_version=str(quote.tariff_id),
        cancellation_terms=[
            CancellationTermView(until_hours_before=term.until_hours_before, refund_percent=term.refund_percent)
            for term in DEFAULT_TERMS
        ],
        expires_at=quote.expires_at,
    )


@router.get("/parking-lots/{parking_lot_id}/availability", response_model=Availability)
@may_answer(NOT_FOUND, LOT_NOT_READY)
async def get_availability(
    parking_lot_id: UUID,
    request: Request,
    does: Does,
    starts_at: Annotated[Instant, Query(alias="from", description="when the stay would begin, with an offset")],
    ends_at: Annotated[
        Instant, Query(alias="to", description="when it would end: after `from`, and at most 31 days after it")
    ],
    spot_type: Annotated[
        SpotType | None, Query(description="only spots of this type; without it, of every type")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_SPOTS, description="how many spots are listed at most")] = SPOTS,
    cursor: Cursor = None,
) -> Response:
    """Which spots can be booked for the whole period: 31 days at most, which begin within a year.

    A page is true at its own `as_of`, by the timetable that the booking itself asks: no booking, hold or stay has any
    of the period. A spot that is taken or freed between two pages may be missed. It says nothing of what stands there
    now: `available_spots` of the lot and `GET /parking-lots/{id}/spots` do.
    """
    after = text_in_cursor(cursor)
    try:
        wanted = SpotRequest(parking_lot_id, Period(starts_at, ends_at), spot_type=spot_type)
        found = await does.get_availability(GetAvailability(wanted, limit + 1, after))
    except InvalidPeriod as error:
        raise _in_the_querys_names(error) from error
    is_more = len(found.spots) > limit
    following = address_with(request, cursor=encode_cursor(found.spots[limit - 1].number)) if is_more else None
    headers = {"Link": f'<{following}>; rel="next"'} if following else {}
    # Written directly: to validate five hundred spots costs more than to find them. Ids as text: the encoder takes
    # six times as long for the driver's own kind of UUID.
    spots = [
        {"spot_id": str(spot.id), "spot_number": spot.number, "spot_type": spot.type} for spot in found.spots[:limit]
    ]
    body = to_json({"free": found.count, "spots": spots, "as_of": found.as_of, "next": following})
    return Response(body, headers=headers, media_type="application/json")


def _in_the_querys_names(error: InvalidPeriod) -> Problem:
    """Of the two instants as `from` and `to`."""
    name = {"start_time": "from", "end_time": "to"}[error.field]
    return invalid_field(f"query/{name}", error.rule.replace("start_time", "from"))


@router.post("/reservations", status_code=CREATED, response_model=ReservationView)
@may_answer(
    NOT_FOUND,
    SPOT_UNAVAILABLE,
    NO_SUCH_SPOTS,
    LOT_NOT_BOOKABLE,
    *NOT_READY,
    QUOTE_EXPIRED,
    PRICE_CHANGED,
    IN_FLIGHT,
    REUSED,
)
async def reserve_spot(
    body: ReservationRequest, request: Request, driver: Driver, idempotency_key: IdempotencyKey
) -> Response:
    """Hold a spot's time for fifteen minutes; pay the charge to confirm it. What costs nothing is confirmed at once.

    `notice` tells the driver what else to know: that the spot is compact though any was asked for, that an accessible
    one needs a permit, that the e-mail address is not verified.

    A clash is 409 `spot-unavailable`; where the lot has no such spots at all, 409 `no-such-spots`. Both name
    `alternatives`. With `quote_id` it costs what was quoted, though the tariff has changed; once the quote has
    expired, 409 `quote-expired`. With `max_total` it costs what the tariff in force says, or is 409 `price-changed`,
    which names the `total_cost`.

    What was made a moment ago, and has not arrived here, is 409 `lot-not-ready` or `spot-not-ready`:
    send the same request again, with the same `Idempotency-Key`.
    """
    wanted = SpotRequest(body.parking_lot_id, Period(body.start_time, body.end_time), body.spot_id, body.spot_type)
    user_id = person(driver)
    key = RequestKey(f"{user_id}:reservations", idempotency_key, fingerprint_of(body))
    does: UseCases = request.app.state.service.use_cases
    # Nothing is said of an address where the token says nothing of it: a machine's, or one of the version before.
    answers = _Answers(driver.email_verified is not False, body.spot_id is None and body.spot_type is None)
    command = ReserveSpot(user_id, wanted, key, body.vehicle_plate, body.quote_id, _most(body))
    answer = await does.reserve_spot(command, answers)
    if answer.status == CREATED:
        bind_contextvars(reservation_id=from_json(answer.body)["id"])
    headers = REPLAYED if answer.replayed else {}
    media_type = MEDIA_TYPE if answer.status == SPOT_UNAVAILABLE.status else "application/json"
    return Response(answer.body, answer.status, headers, media_type)


def _most(body: ReservationRequest) -> Money | None:
    if body.max_total is None:
        return None
    if body.quote_id is not None:
        raise invalid_field("/max_total", "must not be given beside quote_id, which says what it costs")
    return Money(body.max_total.amount, body.max_total.currency)
