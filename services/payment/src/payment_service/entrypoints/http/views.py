"""How payments and refunds are answered."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field
from structlog.contextvars import bind_contextvars

from parking_chassis.schemas import ResponseBody, open_words
from parking_kernel.money import Money
from parking_kernel.repeatable import Answer
from payment_service.domain.payment_states import PaymentState, PaymentStatus
from payment_service.domain.refunds import Refund, RefundStatus

CREATED = 201
PROVIDER = "stripe"

PaymentStanding = Annotated[
    str, Field(description="where the payment stands", json_schema_extra=open_words(PaymentStatus))
]


class MoneyView(ResponseBody):
    """An amount in the currency's minor unit."""

    amount: int
    currency: str

    @classmethod
    def of(cls, value: Money) -> Self:
        """From the domain's."""
        return cls(amount=value.amount, currency=value.currency)


class RefundView(ResponseBody):
    """Money on its way back."""

    id: UUID
    payment_id: UUID
    amount: MoneyView
    status: Annotated[str, Field(description="where it stands", json_schema_extra=open_words(RefundStatus))]
    reason: Annotated[str, Field(description="a word of ours, or the operator's; a later version may know more")]
    requested_at: datetime

    @classmethod
    def of(cls, payment: PaymentState, refund: Refund) -> Self:
        """From the domain's."""
        return cls(
            id=refund.id,
            payment_id=payment.id,
            amount=MoneyView.of(payment.charge.amount.of_same_currency(refund.amount)),
            status=refund.status.value,
            reason=refund.reason,
            requested_at=refund.requested_at,
        )


class PaymentView(ResponseBody):
    """One attempt to settle one charge."""

    id: UUID
    status: PaymentStanding
    charge_id: UUID
    reservation_id: UUID
    organization_id: UUID
    parking_lot_id: UUID
    user_id: UUID
    amount: MoneyView
    amount_refunded: MoneyView
    refunds: list[RefundView]
    failure_code: str | None
    requested_at: datetime
    succeeded_at: datetime | None
    version: int

    @classmethod
    def of(cls, state: PaymentState) -> Self:
        """From the domain's; the client secret is for `POST /payments` alone."""
        charge = state.charge
        return cls(
            id=state.id,
            status=state.status.value,
            charge_id=charge.id,
            reservation_id=charge.reservation_id,
            organization_id=charge.organization_id,
            parking_lot_id=charge.parking_lot_id,
            user_id=charge.user_id,
            amount=MoneyView.of(charge.amount),
            amount_refunded=MoneyView.of(charge.amount.of_same_currency(state.refunded)),
            refunds=[RefundView.of(state, refund) for refund in state.refunds],
            failure_code=state.failure_code,
            requested_at=state.requested_at,
            succeeded_at=state.succeeded_at,
            version=state.version,
        )


class StartedPayment(ResponseBody):
    """A payment with what the page needs to complete it with Stripe.js."""

    id: UUID
    status: PaymentStanding
    amount: MoneyView
    client_secret: str | None
    publishable_key: str
    provider: str


def started(payment: PaymentState, publishable_key: str) -> Answer:
    """201, with the client secret."""
    _name_in_log(payment)
    view = StartedPayment(
        id=payment.id,
        status=payment.status.value,
        amount=MoneyView.of(payment.charge.amount),
        client_secret=payment.client_secret,
        publishable_key=publishable_key,
        provider=PROVIDER,
    )
    return Answer(CREATED, view.model_dump_json().encode())


def refund_requested(payment: PaymentState, refund: Refund) -> Answer:
    """201, with the refund."""
    _name_in_log(payment)
    return Answer(CREATED, RefundView.of(payment, refund).model_dump_json().encode())


def _name_in_log(payment: PaymentState) -> None:
    """The request's line names what the answer is about."""
    bind_contextvars(payment_id=str(payment.id), reservation_id=str(payment.charge.reservation_id))
