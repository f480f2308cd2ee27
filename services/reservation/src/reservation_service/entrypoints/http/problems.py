"""Which HTTP problem each error of the domain is: one table."""

from parking_chassis.problems import NOT_FOUND, UNAVAILABLE, Problem, ProblemKind, invalid_field
from reservation_service.application.ports import InFlight, KeyReused, TooBusy
from reservation_service.domain import errors

SPOT_UNAVAILABLE = ProblemKind("spot-unavailable", "The spot is taken in that time", 409)


def _invalid_period(error: Exception) -> Problem:
    assert isinstance(error, errors.InvalidPeriod)
    return invalid_field(f"/{error.field}", error.rule)


def _wrong_spot_type(error: Exception) -> Problem:
    assert isinstance(error, errors.WrongSpotType)
    return invalid_field("/spot_type", f"must be {error.spot_type}, as the named spot is")


def _too_busy(_error: Exception) -> Problem:
    return Problem(UNAVAILABLE, "Many want the same spots at this moment; try again with the same Idempotency-Key.")


def _key_reused(_error: Exception) -> Problem:
    kind = ProblemKind("idempotency-key-reused", "The idempotency key was used for another request", 422)
    rule = "was used for another request; take a new key"
    return Problem(
        kind, f"header/Idempotency-Key: {rule}", errors=[{"pointer": "header/Idempotency-Key", "detail": rule}]
    )


def _in_flight(_error: Exception) -> Problem:
    kind = ProblemKind("request-in-flight", "The same request is being worked on", 409, {"Retry-After": "1"})
    return Problem(kind, "A request with this Idempotency-Key is still being worked on; ask again in a moment.")


PROBLEMS = {
    errors.InvalidPeriod: _invalid_period,
    errors.WrongSpotType: _wrong_spot_type,
    errors.UnknownLot: NOT_FOUND,
    errors.UnknownSpot: NOT_FOUND,
    errors.UnknownReservation: NOT_FOUND,
    errors.LotNotBookable: ProblemKind("lot-not-bookable", "The lot cannot be booked then", 409),
    errors.NotCancellable: ProblemKind("not-cancellable", "It cannot be cancelled", 409),
    errors.NoCredential: ProblemKind("no-credential", "It opens no gate", 409),
    errors.ChangedMeanwhile: ProblemKind("changed-meanwhile", "Changed by someone else", 409, {"Retry-After": "1"}),
    KeyReused: _key_reused,
    InFlight: _in_flight,
    TooBusy: _too_busy,
}
