"""Which HTTP problem each error of the domain is: one table."""

from analytics_service.application.ports import StoreAway
from analytics_service.domain import errors
from parking_chassis.problems import NOT_FOUND, UNAVAILABLE, Problem, invalid_field


def _invalid_question(error: Exception) -> Problem:
    assert isinstance(error, errors.InvalidQuestion)
    return invalid_field(f"query/{error.field}", error.rule)


def _store_away(_error: Exception) -> Problem:
    return Problem(UNAVAILABLE, "The figures cannot be read for a moment; try again.")


PROBLEMS = {
    errors.InvalidQuestion: _invalid_question,
    errors.UnknownLot: NOT_FOUND,
    errors.UnknownOrganization: NOT_FOUND,
    StoreAway: _store_away,
}
