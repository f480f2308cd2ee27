"""Requests are distinguished by what was given."""

from parking_chassis.idempotency import fingerprint_of
from parking_chassis.schemas import RequestBody


class Request(RequestBody):
    spot: str


class RequestOfALaterVersion(Request):
    colour: str | None = None


def test_a_field_that_was_added_later_makes_no_other_request() -> None:
    assert fingerprint_of(RequestOfALaterVersion(spot="A1")) == fingerprint_of(Request(spot="A1"))


def test_what_is_given_counts() -> None:
    given = RequestOfALaterVersion(spot="A1", colour="red")
    assert len({fingerprint_of(each) for each in (Request(spot="A1"), Request(spot="A2"), given)}) == 3
