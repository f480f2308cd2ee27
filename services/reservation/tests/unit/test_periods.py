from datetime import timedelta

import pytest
from services.reservation.tests.examples import NOW, period

from parking_kernel.periods import InvalidPeriod, Period
from reservation_service.domain.lots import FURTHEST, LEAST_STAY, LONGEST, TOLERANCE, check_bookable

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    "bookable",
    [
        pytest.param(Period(NOW, NOW + LONGEST), id="as long as can be"),
        pytest.param(period(1, NOW - TOLERANCE), id="begun while the button was pressed"),
        pytest.param(period(1, NOW + FURTHEST), id="as far as can be"),
        pytest.param(Period(NOW, NOW + LEAST_STAY), id="as short as can be"),
    ],
)
def test_what_can_be_booked(bookable: Period) -> None:
    check_bookable(bookable, NOW)


@pytest.mark.parametrize(
    ("refused", "field"),
    [
        pytest.param(period(1, NOW - TOLERANCE - SECOND), "start_time", id="begun"),
        pytest.param(Period(NOW - TOLERANCE, NOW - SECOND), "end_time", id="over, for all the grace at its start"),
        pytest.param(Period(NOW, NOW + LEAST_STAY - SECOND), "end_time", id="too short"),
        pytest.param(Period(NOW, NOW + LONGEST + SECOND), "end_time", id="too long"),
        pytest.param(period(1, NOW + FURTHEST + SECOND), "start_time", id="too far away"),
    ],
)
def test_what_cannot(refused: Period, field: str) -> None:
    with pytest.raises(InvalidPeriod) as why:
        check_bookable(refused, NOW)
    assert why.value.field == field


def test_time_that_is_over_is_not_sold_however_short_a_stay_may_be() -> None:
    with pytest.raises(InvalidPeriod, match="end_time must not be in the past"):
        check_bookable(Period(NOW - TOLERANCE, NOW), NOW, timedelta(0))
    check_bookable(Period(NOW - TOLERANCE, NOW + SECOND), NOW, timedelta(0))


def test_the_least_stay_is_a_setting() -> None:
    with pytest.raises(InvalidPeriod, match="end_time must be at least 60 minutes after start_time"):
        check_bookable(Period(NOW, NOW + timedelta(minutes=59)), NOW, timedelta(hours=1))
    check_bookable(Period(NOW, NOW + timedelta(minutes=1)), NOW, timedelta(minutes=1))
