"""Payments and their refunds."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field, StrictBool, StringConstraints

from parking_chassis.api_document import carries, may_answer
from parking_chassis.concurrency import etag
from parking_chassis.idempotency import IN_FLIGHT, REUSED, IdempotencyKey, fingerprint_of, response_of
from parking_chassis.pagination import (
    DEFAULT_LIMIT,
    Cursor,
    FromTo,
    Limit,
    Page,
    cursor_of,
    next_page,
    position_in_cursor,
)
from parking_chassis.problems import NOT_FOUND, invalid_field
from parking_chassis.schemas import CURRENCY, Line, RequestBody, open_words
from parking_chassis.security import permitted
from parking_kernel.repeatable import Answer, RequestKey
from payment_service.application.commands.request_refund import RequestRefund
from payment_service.application.commands.start_payment import StartPayment
from payment_service.application.queries.get_payment import GetPayment
from payment_service.application.queries.list_payments import ListPayments
from payment_service.domain.payment_states import PaymentFilter, PaymentStatus
from payment_service.entrypoints.http.dependencies import AskedBy, Does, PublishableKey
from payment_service.entrypoints.http.problems import (
    CHANGED_MEANWHILE,
    CHARGE_EXPIRED,
    CHARGE_NOT_PAYABLE,
    PAYMENT_REFUSED,
    REFUND_EXCEEDS_PAYMENT,
    refused,
)
from payment_service.entrypoints.http.views import PaymentView, RefundView, StartedPayment, refund_requested, started

router = APIRouter(prefix="/api/v1/payments", tags=["payments"])

REASONS = ("requested_by_customer", "duplicate", "fraudulent", "goodwill")
OTHER_REASON = "operator"
MAX_AMOUNT = 2**53 - 1


class PaymentRequest(RequestBody):
    """The charge as reservation signed it."""

    charge_token: Annotated[str, StringConstraints(min_length=1, max_length=4096)] = Field(repr=False)
    save_method: StrictBool = False


class MoneyBody(RequestBody):
    """An amount in the currency's minor unit."""

    amount: Annotated[int, Field(gt=0, le=MAX_AMOUNT, strict=True)]
    currency: Annotated[str, StringConstraints(pattern=CURRENCY)]


class RefundRequest(RequestBody):
    """How much, all that is left unless given, and why. A reason in other words is stored as `operator`."""

    amount: MoneyBody | None = None
    reason: Annotated[
        Line,
        StringConstraints(min_length=1, max_length=200),
        Field(
            description=f"one of {', '.join(f'`{each}`' for each in REASONS)}; other words are taken too, "
            f"and stored as `{OTHER_REASON}`",
            examples=[REASONS[0]],
            json_schema_extra=open_words(REASONS),
        ),
    ]


@router.post(
    "",
    status_code=201,
    response_model=StartedPayment,
    dependencies=[Depends(permitted("write:reservation"))],
)
@may_answer(NOT_FOUND, CHARGE_EXPIRED, CHARGE_NOT_PAYABLE, CHANGED_MEANWHILE, IN_FLIGHT, REUSED, PAYMENT_REFUSED)
async def start_payment(
    body: PaymentRequest,
    request: Request,
    does: Does,
    asker: AskedBy,
    idempotency_key: IdempotencyKey,
    publishable_key: PublishableKey,
) -> Response:
    """Start to pay a charge; the page completes it with Stripe.js. A charge has one live payment: again the same."""
    key = RequestKey(f"{asker.user_id}:payments", idempotency_key, fingerprint_of(body))
    command = StartPayment(asker, body.charge_token, body.save_method, key)
    render = partial(started, publishable_key=publishable_key)
    return _response(await does.start_payment(command, render, partial(refused, request)))


@router.get("")
@may_answer(NOT_FOUND)
async def list_payments(
    request: Request,
    response: Response,
    does: Does,
    asker: AskedBy,
    span: FromTo,
    organization_id: Annotated[UUID | None, Query(description="for operators of this organization")] = None,
    status: Annotated[PaymentStatus | None, Query(description="only those with this status now")] = None,
    reservation_id: Annotated[UUID | None, Query(description="only those of this reservation")] = None,
    parking_lot_id: Annotated[
        UUID | None,
        Query(description="only those of this lot: of your own, or of `organization_id` where that is given"),
    ] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[PaymentView]:
    """One's own payments, the newest first; with an organization, those of one that one operates.

    `from` and `to` are of when the driver began to pay.
    """
    after = position_in_cursor(cursor)
    wanted = PaymentFilter(status, reservation_id, parking_lot_id, *span)
    found = await does.list_payments(ListPayments(asker, organization_id, wanted, after, limit + 1))
    last = found[limit - 1] if len(found) > limit else None
    following = cursor_of((last.requested_at, last.id)) if last else None
    items = [PaymentView.of(state) for state in found[:limit]]
    return Page(items=items, next=next_page(request, response, following))


@router.get("/{payment_id}")
@may_answer(NOT_FOUND)
@carries("ETag")
async def get_payment(payment_id: UUID, response: Response, does: Does, asker: AskedBy) -> PaymentView:
    """One payment: one's own, or to an organization that one operates."""
    state = await does.get_payment(GetPayment(asker, payment_id))
    response.headers["ETag"] = etag(state.version)
    response.headers["Cache-Control"] = "private, no-store"
    return PaymentView.of(state)


@router.post(
    "/{payment_id}/refunds",
    status_code=201,
    response_model=RefundView,
    dependencies=[Depends(permitted("write:parking"))],
)
@may_answer(NOT_FOUND, REFUND_EXCEEDS_PAYMENT, CHANGED_MEANWHILE, IN_FLIGHT, REUSED)
async def request_refund(
    payment_id: UUID, body: RefundRequest, does: Does, asker: AskedBy, idempotency_key: IdempotencyKey
) -> Response:
    """Give money back; for operators of the organization that has it. It arrives later: see the payment's refunds."""
    if body.amount:
        state = await does.get_payment(GetPayment(asker, payment_id))
        if body.amount.currency != state.charge.amount.currency:
            raise invalid_field("/amount/currency", f"must be {state.charge.amount.currency}, as the payment")
    key = RequestKey(f"{asker.user_id}:payments/{payment_id}/refunds", idempotency_key, fingerprint_of(body))
    amount = body.amount.amount if body.amount else None
    reason = body.reason if body.reason in REASONS else OTHER_REASON
    command = RequestRefund(asker, payment_id, amount, reason, key)
    return _response(await does.request_refund(command, refund_requested))


def _response(answer: Answer) -> Response:
    return response_of(answer, {"Cache-Control": "private, no-store"})
