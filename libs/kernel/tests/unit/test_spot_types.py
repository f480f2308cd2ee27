"""A spot of another type is no spot for a booking, unless it is better."""

import pytest

from parking_kernel.spot_types import as_good_as


def test_a_standard_spot_is_as_good_as_a_compact_one_and_comes_after_its_like() -> None:
    assert as_good_as("compact") == ("compact", "standard")


@pytest.mark.parametrize("booked", ["standard", "accessible", "ev_charging", "motorcycle", "a type of tomorrow"])
def test_nothing_else_stands_in_for_anything(booked: str) -> None:
    assert as_good_as(booked) == (booked,)
