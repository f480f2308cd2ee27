"""Which HTTP problem each error of the domain is: one table."""

from typing import Annotated

from fastapi import Request
from pydantic import BaseModel, Field

from parking_chassis.idempotency import in_flight, key_reused
from parking_chassis.problems import NOT_FOUND, Problem, ProblemKind, invalid_field, problem_response
from parking_kernel.concurrency import ChangedMeanwhile
from parking_kernel.repeatable import Answer, InFlight, KeyReused
from payment_service.application.ports import InvalidEvent, InvalidSignature, OutcomeUnknown
from payment_service.domain import errors


class Refundable(BaseModel):
    """What is left of a payment."""

    refundable: Annotated[
        int, Field(description="how much can still go back, in minor units of the payment's currency", examples=[1250])
    ]


CHANGED_MEANWHILE = ProblemKind("changed-meanwhile", "Changed by someone else", 409, {"Retry-After": "1"})
CHARGE_EXPIRED = ProblemKind("charge-expired", "The time to pay is over", 409)
CHARGE_NOT_PAYABLE = ProblemKind("charge-not-payable", "The charge is not owed any more", 409)
INVALID_SIGNATURE = ProblemKind("invalid-signature", "The signature is not valid", 400)
PAYMENT_REFUSED = ProblemKind("payment-refused", "The provider refuses such a payment", 402)
REFUND_EXCEEDS_PAYMENT = ProblemKind(
    "refund-exceeds-payment", "More than can still be refunded", 409, members=Refundable
)


def _invalid_charge_token(error: Exception) -> Problem:
    return invalid_field("/charge_token", str(error))


def _refund_exceeds_payment(error: Exception) -> Problem:
    assert isinstance(error, errors.RefundExceedsPayment)
    return Problem(REFUND_EXCEEDS_PAYMENT, str(error), refundable=error.left)


def _refund_not_payable(error: Exception) -> Problem:
    return invalid_field("/amount/amount", str(error))


def _provider_unavailable(_error: Exception) -> Problem:
    kind = ProblemKind("provider-unavailable", "The payment provider does not answer", 503, {"Retry-After": "2"})
    return Problem(kind, "Nothing was charged. Send the same request again with the same Idempotency-Key.")


def _invalid_event(error: Exception) -> Problem:
    assert isinstance(error, InvalidEvent)
    return invalid_field(error.pointer, error.rule)


def _invalid_signature(_error: Exception) -> Problem:
    return Problem(INVALID_SIGNATURE, "The message is not the provider's, is altered, or is too old.")


PROBLEMS = {
    errors.InvalidChargeToken: _invalid_charge_token,
    errors.ChargeExpired: CHARGE_EXPIRED,
    errors.ChargeNotPayable: CHARGE_NOT_PAYABLE,
    errors.UnknownCharge: NOT_FOUND,
    errors.UnknownPayment: NOT_FOUND,
    errors.UnknownOrganization: NOT_FOUND,
    errors.RefundNotPayable: _refund_not_payable,
    errors.RefundExceedsPayment: _refund_exceeds_payment,
    ChangedMeanwhile: CHANGED_MEANWHILE,
    KeyReused: key_reused,
    InFlight: in_flight,
    OutcomeUnknown: _provider_unavailable,
    InvalidEvent: _invalid_event,
    InvalidSignature: _invalid_signature,
}


def refused(request: Request, refusal: errors.PaymentRefused) -> Answer:
    """402, which is stored under the request's key as a payment is."""
    body = problem_response(request, PAYMENT_REFUSED, str(refusal)).body
    return Answer(PAYMENT_REFUSED.status, bytes(body))
