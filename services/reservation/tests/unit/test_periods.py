from datetime import UTC, datetime, timedelta

import pytest
from services.reservation.tests.examples import NOW, ZURICH, period

from parking_kernel.periods import InvalidPeriod, Period
from reservation_service.domain.periods import FURTHEST, LONGEST, TOLERANCE, check_bookable

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("length", [timedelta(0), -SECOND])
def test_a_period_is_neither_empty_nor_backwards(length: timedelta) -> None:
    with pytest.raises(InvalidPeriod) as refused:
        Period(NOW, NOW + length)
    assert (refused.value.field, refused.value.rule) == ("end_time", "must be after start_time")


def test_a_period_is_made_of_instants() -> None:
    with pytest.raises(ValueError, match="offset"):
        Period(NOW.replace(tzinfo=None), NOW)
    with pytest.raises(ValueError, match="offset"):
        Period(NOW, NOW.replace(tzinfo=None))


def test_the_same_instants_are_the_same_period_in_whatever_zone() -> None:
    there = Period(NOW.astimezone(ZURICH), (NOW + timedelta(hours=1)).astimezone(ZURICH))
    assert there == period(1, NOW)
    assert there.starts_at.tzinfo is UTC


def test_its_length_is_elapsed_time() -> None:
    spring = Period(datetime(2026, 3, 29, 1, tzinfo=ZURICH), datetime(2026, 3, 29, 4, tzinfo=ZURICH))
    assert spring.length == timedelta(hours=2)


@pytest.mark.parametrize(
    "bookable",
    [
        pytest.param(Period(NOW, NOW + LONGEST), id="as long as can be"),
        pytest.param(period(1, NOW - TOLERANCE), id="begun while the button was pressed"),
        pytest.param(period(1, NOW + FURTHEST), id="as far as can be"),
    ],
)
def test_what_can_be_booked(bookable: Period) -> None:
    check_bookable(bookable, NOW)


@pytest.mark.parametrize(
    ("refused", "field"),
    [
        pytest.param(period(1, NOW - TOLERANCE - SECOND), "start_time", id="begun"),
        pytest.param(Period(NOW, NOW + LONGEST + SECOND), "end_time", id="too long"),
        pytest.param(period(1, NOW + FURTHEST + SECOND), "start_time", id="too far away"),
    ],
)
def test_what_cannot(refused: Period, field: str) -> None:
    with pytest.raises(InvalidPeriod) as why:
        check_bookable(refused, NOW)
    assert why.value.field == field
