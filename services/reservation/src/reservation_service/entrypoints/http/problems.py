"""Which HTTP problem each error of the domain is: one table."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from parking_chassis.clock import SYSTEM_CLOCK
from parking_chassis.idempotency import in_flight, key_reused
from parking_chassis.problems import INVALID_REQUEST, NOT_FOUND, UNAVAILABLE, Problem, ProblemKind, invalid_field
from parking_kernel.concurrency import ChangedMeanwhile
from parking_kernel.periods import InvalidPeriod
from parking_kernel.repeatable import InFlight, KeyReused
from parking_kernel.violations import InvalidFields
from reservation_service.application.ports import TooBusy
from reservation_service.domain import errors
from reservation_service.domain.newcomers import is_new
from reservation_service.entrypoints.http.views import AlternativeView, MoneyView


class Alternatives(BaseModel):
    """What a refusal offers instead."""

    alternatives: Annotated[
        list[AlternativeView],
        Field(description="other spots, times and lots that are free; true at their `as_of`, and held for nobody"),
    ]


class PresentPrice(BaseModel):
    """What a booking would cost."""

    total_cost: Annotated[MoneyView, Field(description="the price by the tariff in force, tax included")]


CHANGED_MEANWHILE = ProblemKind("changed-meanwhile", "Changed by someone else", 409, {"Retry-After": "1"})
LOT_NOT_BOOKABLE = ProblemKind("lot-not-bookable", "The lot cannot be booked then", 409)
NO_CREDENTIAL = ProblemKind("no-credential", "No QR code for this reservation now", 409)
NOT_CANCELLABLE = ProblemKind("not-cancellable", "It cannot be cancelled", 409)
LOT_NOT_READY = ProblemKind("lot-not-ready", "Not known yet", 409, {"Retry-After": "1"})
SPOT_NOT_READY = ProblemKind("spot-not-ready", "Not known yet", 409, {"Retry-After": "1"})
NO_SUCH_SPOTS = ProblemKind("no-such-spots", "The lot has no such spots", 409, members=Alternatives)
PRICE_CHANGED = ProblemKind("price-changed", "The price has changed", 409, members=PresentPrice)
QUOTE_EXPIRED = ProblemKind("quote-expired", "The quote has expired", 409)
SPOT_UNAVAILABLE = ProblemKind("spot-unavailable", "The spot is taken in that time", 409, members=Alternatives)


def _invalid_period(error: Exception) -> Problem:
    assert isinstance(error, InvalidPeriod)
    return invalid_field(f"/{error.field}", error.rule)


def _invalid_fields(error: Exception) -> Problem:
    assert isinstance(error, InvalidFields)
    named = [{"pointer": each.pointer, "detail": each.rule} for each in error.violations]
    return Problem(INVALID_REQUEST, str(error), errors=named)


def _wrong_spot_type(error: Exception) -> Problem:
    assert isinstance(error, errors.WrongSpotType)
    return invalid_field("/spot_type", f"must be {error.spot_type}, as the named spot is")


def _unknown_lot(error: Exception) -> Problem:
    assert isinstance(error, errors.UnknownLot)
    return _not_yet(LOT_NOT_READY, error.parking_lot_id) or Problem(NOT_FOUND, str(error))


def _unknown_spot(error: Exception) -> Problem:
    assert isinstance(error, errors.UnknownSpot)
    return _not_yet(SPOT_NOT_READY, error.spot_id) or Problem(NOT_FOUND, str(error))


def _incomplete_lot(error: Exception) -> Problem:
    assert isinstance(error, errors.IncompleteLot)
    is_ready = not is_new(error.parking_lot_id, SYSTEM_CLOCK.now())
    return Problem(LOT_NOT_BOOKABLE if is_ready else LOT_NOT_READY, str(error))


def _not_yet(kind: ProblemKind, unknown_id: UUID) -> Problem | None:
    if is_new(unknown_id, SYSTEM_CLOCK.now()):
        return Problem(kind, f"{unknown_id} was made a moment ago and is not known here yet; ask again in a moment.")
    return None


def _invalid_quote(_error: Exception) -> Problem:
    return invalid_field("/quote_id", "must be the quote_id of a quote, as it was answered")


def _unfit_terms(error: Exception) -> Problem:
    assert isinstance(error, errors.UnfitTerms)
    return invalid_field(f"/{error.field}", error.rule)


def _price_changed(error: Exception) -> Problem:
    assert isinstance(error, errors.PriceChanged)
    total_cost = {"amount": error.total.amount, "currency": error.total.currency}
    return Problem(PRICE_CHANGED, str(error), total_cost=total_cost)


def _too_busy(_error: Exception) -> Problem:
    return Problem(UNAVAILABLE, "Many want the same spots at this moment; try again with the same Idempotency-Key.")


PROBLEMS = {
    InvalidPeriod: _invalid_period,
    InvalidFields: _invalid_fields,
    errors.WrongSpotType: _wrong_spot_type,
    errors.UnknownLot: _unknown_lot,
    errors.ForeignLot: NOT_FOUND,
    errors.UnknownSpot: _unknown_spot,
    errors.UnknownReservation: NOT_FOUND,
    errors.LotNotBookable: LOT_NOT_BOOKABLE,
    errors.IncompleteLot: _incomplete_lot,
    errors.InvalidQuote: _invalid_quote,
    errors.UnfitTerms: _unfit_terms,
    errors.QuoteExpired: QUOTE_EXPIRED,
    errors.PriceChanged: _price_changed,
    errors.NotCancellable: NOT_CANCELLABLE,
    errors.NoCredential: NO_CREDENTIAL,
    ChangedMeanwhile: CHANGED_MEANWHILE,
    KeyReused: key_reused,
    InFlight: in_flight,
    TooBusy: _too_busy,
}
