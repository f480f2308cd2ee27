"""Reservations that stand."""

import re
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import Field, StringConstraints
from pydantic_core import from_json
from structlog.contextvars import bind_contextvars

from parking_chassis.api_document import carries, may_answer
from parking_chassis.concurrency import etag
from parking_chassis.idempotency import KeyOf, fingerprint_of, response_of
from parking_chassis.instants import Instant
from parking_chassis.pagination import (
    DEFAULT_LIMIT,
    Cursor,
    Limit,
    Page,
    cursor_of,
    next_page,
    position_in_cursor,
)
from parking_chassis.problems import NOT_FOUND, Problem, ProblemKind, invalid_field
from parking_chassis.schemas import Line, RequestBody
from parking_chassis.security import permitted
from parking_kernel.repeatable import Answer
from reservation_service.application.commands.cancel_for_operator import CancelForOperator
from reservation_service.application.commands.cancel_reservation import CancelReservation
from reservation_service.application.ports import Order, ReservationFilter
from reservation_service.application.queries.get_credential import GetCredential
from reservation_service.application.queries.get_reservation import GetReservation
from reservation_service.application.queries.list_reservations import ListReservations
from reservation_service.application.queries.name_lots import NameLots
from reservation_service.bootstrap import UseCases
from reservation_service.domain.cancellation import OperatorRefund
from reservation_service.domain.reservations import ReservationState, ReservationStatus
from reservation_service.entrypoints.http.dependencies import Does, Driver, Operator, Reader, Service
from reservation_service.entrypoints.http.plates import Plate
from reservation_service.entrypoints.http.problems import (
    CHANGED_MEANWHILE,
    LOT_NOT_READY,
    NO_CREDENTIAL,
    NOT_CANCELLABLE,
)
from reservation_service.entrypoints.http.views import ReservationView, reservation_json

router = APIRouter(prefix="/api/v1/reservations", tags=["reservations"])

OK = 200
SVG, PNG = "image/svg+xml", "image/png"
WEIGHT = re.compile(r"(?:^|;)\s*q=([01](?:\.\d{0,3})?)")
NOT_ACCEPTABLE = ProblemKind("not-acceptable", "Not available in this format", 406)


# OpenAPI has no place for it: what an answer can be is said by the media types of the answer.
Accept = Annotated[str, Header(include_in_schema=False)]


class Cancellation(RequestBody):
    """Why; for the operator's statistics, stored nowhere else."""

    reason: Annotated[Line, StringConstraints(max_length=200)] | None = None


class OperatorCancellationRequest(RequestBody):
    """Why, in words that the driver reads, and what of the money that was paid goes back."""

    reason: Annotated[
        Line,
        StringConstraints(min_length=1, max_length=500),
        Field(description="what the driver reads in mail and inbox", examples=["The level is flooded. We are sorry."]),
    ]
    refund: Annotated[
        OperatorRefund,
        Field(description="`full`: all that was paid; `by_terms`: as if the driver had cancelled; `none`: nothing"),
    ]


async def _filter(
    status: Annotated[list[ReservationStatus] | None, Query(description="one of these; repeat it for several")] = None,
    starts_at: Annotated[
        Instant | None,
        Query(alias="from", description="those that end after this instant; without it, from the first on"),
    ] = None,
    ends_at: Annotated[
        Instant | None, Query(alias="to", description="those that begin before this instant; without it, to the last")
    ] = None,
    spot_id: Annotated[UUID | None, Query(description="only those of this spot")] = None,
    plate: Annotated[Plate | None, Query(description="compared without blanks, `-`, `·` and `/`")] = None,
    sort: Annotated[
        Order,
        Query(
            description="`-created_at`: the newest first; `start_time`: the earliest start first; `-start_time`: the "
            "latest start first"
        ),
    ] = Order.NEWEST_FIRST,
) -> ReservationFilter:
    if starts_at and ends_at and ends_at <= starts_at:
        raise invalid_field("query/to", "must be after from")
    return ReservationFilter(frozenset(status or ()), starts_at, ends_at, spot_id, plate, sort)


Filter = Annotated[ReservationFilter, Depends(_filter)]


@router.get("")
@may_answer(NOT_FOUND, LOT_NOT_READY)
async def list_reservations(
    request: Request,
    response: Response,
    does: Does,
    asker: Reader,
    only: Filter,
    parking_lot_id: Annotated[UUID | None, Query(description="for operators of this lot")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[ReservationView]:
    """One's own reservations, the newest first; with a lot, those of a lot that one operates.

    Filters are combined. A cursor belongs to the sorting that it came from.
    """
    after = position_in_cursor(cursor)
    found = await does.list_reservations(ListReservations(asker, parking_lot_id, after, limit + 1, only))
    last = found[limit - 1] if len(found) > limit else None
    following = cursor_of(only.position_of(last)) if last else None
    names = await does.name_lots(NameLots(found))
    items = [ReservationView.of(state, names[state.parking_lot_id]) for state in found[:limit]]
    return Page(items=items, next=next_page(request, response, following))


@router.get("/{reservation_id}")
@may_answer(NOT_FOUND)
@carries("ETag")
async def get_reservation(reservation_id: UUID, response: Response, does: Does, asker: Reader) -> ReservationView:
    """One reservation: one's own, or of a lot that one operates."""
    state, charge_token = await does.get_reservation(GetReservation(asker, reservation_id))
    response.headers["ETag"] = etag(state.version)
    return await _view(does, state, charge_token)


@router.post("/{reservation_id}/cancel", dependencies=[Depends(permitted("write:reservation"))])
@may_answer(NOT_FOUND, NOT_CANCELLABLE, CHANGED_MEANWHILE)
@carries("ETag")
async def cancel_reservation(
    reservation_id: UUID, does: Does, driver: Driver, response: Response, body: Cancellation | None = None
) -> ReservationView:
    """Give a reservation up; what goes back follows the terms of the quote."""
    del body
    state = await does.cancel_reservation(CancelReservation(driver, reservation_id))
    response.headers["ETag"] = etag(state.version)
    return await _view(does, state)


@router.post("/{reservation_id}/operator-cancel", response_model=ReservationView)
@may_answer(NOT_FOUND, NOT_CANCELLABLE, CHANGED_MEANWHILE)
@carries("ETag")
async def cancel_for_operator(
    reservation_id: UUID, body: OperatorCancellationRequest, does: Does, operator: Operator, key_of: KeyOf
) -> Response:
    """Cancel a reservation of a lot that one operates, before its car is in; its driver reads why.

    A pending one is withdrawn with its open payment. It is kept who cancelled, when and why. The same said again
    changes nothing and gets the same answer; another reason or refund of a reservation that is cancelled is 409.
    """
    key = key_of(fingerprint_of(body))
    assert operator.user_id is not None, "a person"
    command = CancelForOperator(operator, operator.user_id, reservation_id, body.reason, body.refund, key)
    answer = await does.cancel_for_operator(command, _cancelled)
    bind_contextvars(reservation_id=str(reservation_id))
    return response_of(answer, {"ETag": etag(from_json(answer.body)["version"])})


def _cancelled(state: ReservationState, lot_name: str) -> Answer:
    return Answer(OK, reservation_json(state, lot_name))


@router.get(
    "/{reservation_id}/qr",
    response_class=Response,
    responses={200: {"content": {SVG: {}, PNG: {}}, "description": "The QR code"}},
)
@may_answer(NOT_FOUND, NO_CREDENTIAL, NOT_ACCEPTABLE)
async def get_qr(reservation_id: UUID, service: Service, driver: Driver, accept: Accept = SVG) -> Response:
    """The QR code for the gate, as SVG or PNG by `Accept`."""
    media_type = _preferred(accept)
    text = await service.use_cases.get_credential(GetCredential(driver, reservation_id))
    image = service.qr_png(text) if media_type == PNG else service.qr_svg(text)
    return Response(image, media_type=media_type, headers={"Cache-Control": "private, no-store", "Vary": "Accept"})


async def _view(does: UseCases, state: ReservationState, charge_token: str | None = None) -> ReservationView:
    names = await does.name_lots(NameLots([state]))
    return ReservationView.of(state, names[state.parking_lot_id], charge_token)


def _preferred(accept: str) -> str:
    """SVG or PNG, whichever has more weight, SVG where both have the same (RFC 9110, 12.5.1)."""
    weights: dict[str, float] = {}
    for each in accept.split(","):
        name, _, parameters = each.strip().lower().partition(";")
        weight = WEIGHT.search(parameters)
        weights[name.strip()] = float(weight[1]) if weight else 1.0
    anything = weights.get("image/*", weights.get("*/*", 0.0))
    svg, png = weights.get(SVG, anything), weights.get(PNG, anything)
    if max(svg, png) == 0:
        raise Problem(NOT_ACCEPTABLE, f"The QR code comes as {SVG} or {PNG}.")
    return PNG if png > svg else SVG
