"""Reservations that stand."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import StringConstraints

from parking_chassis.concurrency import etag
from parking_chassis.pagination import (
    DEFAULT_LIMIT,
    Cursor,
    Limit,
    Page,
    decode_cursor,
    encode_cursor,
    next_page,
)
from parking_chassis.problems import Problem, ProblemKind, invalid_field
from parking_chassis.schemas import RequestBody
from parking_chassis.security import permitted
from reservation_service.application.commands.cancel_reservation import CancelReservation
from reservation_service.application.queries.get_credential import GetCredential
from reservation_service.application.queries.get_reservation import GetReservation
from reservation_service.application.queries.list_reservations import ListReservations
from reservation_service.domain.reservations import ReservationState
from reservation_service.entrypoints.http.dependencies import AskedBy, Does, Me, Service
from reservation_service.entrypoints.http.views import ChargeView, MoneyView, ReservationView, open_charge

router = APIRouter(prefix="/api/v1/reservations", tags=["reservations"])

SVG, PNG = "image/svg+xml", "image/png"
NOT_ACCEPTABLE = ProblemKind("not-acceptable", "No such form", 406)


class Cancellation(RequestBody):
    """Why; for the operator's statistics, kept nowhere else."""

    reason: Annotated[str, StringConstraints(max_length=200)] | None = None


@router.get("")
async def list_reservations(
    request: Request,
    response: Response,
    does: Does,
    asker: AskedBy,
    parking_lot_id: Annotated[UUID | None, Query(description="for operators of this lot")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[ReservationView]:
    """One's own reservations, the newest first; with a lot, those of a lot that one operates."""
    after = _position(decode_cursor(cursor, length=2))
    found = await does.list_reservations(ListReservations(asker, parking_lot_id, after, limit + 1))
    last = found[limit - 1] if len(found) > limit else None
    following = encode_cursor(last.created_at.isoformat(), str(last.id)) if last else None
    items = [ReservationView.of(state) for state in found[:limit]]
    return Page(items=items, next=next_page(request, response, following))


@router.get("/{reservation_id}")
async def get_reservation(
    reservation_id: UUID, response: Response, service: Service, asker: AskedBy
) -> ReservationView:
    """One reservation: one's own, or of a lot that one operates."""
    state = await service.use_cases.get_reservation(GetReservation(asker, reservation_id))
    response.headers["ETag"] = etag(state.version)
    return ReservationView.of(state, _charge(service, state) if state.user_id == asker.user_id else None)


@router.post("/{reservation_id}/cancel", dependencies=[Depends(permitted("write:reservation"))])
async def cancel_reservation(
    reservation_id: UUID, does: Does, me: Me, response: Response, body: Cancellation | None = None
) -> ReservationView:
    """Give a reservation up; what goes back follows the terms of the quote."""
    del body
    state = await does.cancel_reservation(CancelReservation(me, reservation_id))
    response.headers["ETag"] = etag(state.version)
    return ReservationView.of(state)


@router.get(
    "/{reservation_id}/qr",
    response_class=Response,
    responses={200: {"content": {SVG: {}, PNG: {}}, "description": "The QR code"}},
)
async def get_qr(reservation_id: UUID, service: Service, me: Me, accept: Annotated[str, Header()] = SVG) -> Response:
    """The QR code for the gate, as SVG or PNG by `Accept`."""
    text = await service.use_cases.get_credential(GetCredential(me, reservation_id))
    wanted = {each.split(";")[0].strip() for each in accept.split(",")}
    if PNG in wanted and SVG not in wanted:
        return Response(service.qr_png(text), media_type=PNG, headers={"Cache-Control": "private, no-store"})
    if wanted & {SVG, "*/*", "image/*"}:
        return Response(service.qr_svg(text), media_type=SVG, headers={"Cache-Control": "private, no-store"})
    raise Problem(NOT_ACCEPTABLE, f"The QR code comes as {SVG} or {PNG}.")


def _charge(service: Service, state: ReservationState) -> ChargeView | None:
    charge = open_charge(state)
    if charge is None:
        return None
    return ChargeView(id=charge.id, amount=MoneyView.of(charge.amount), token=service.tokens.charge(state, charge))


def _position(position: tuple[str, ...] | None) -> tuple[datetime, UUID] | None:
    if position is None:
        return None
    try:
        return datetime.fromisoformat(position[0]), UUID(position[1])
    except ValueError as error:
        raise invalid_field("query/cursor", "must be the cursor of a page's `next`") from error
