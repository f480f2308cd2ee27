from datetime import timedelta

import pytest
from services.reservation.tests.examples import NOW, period

from parking_kernel.periods import InvalidPeriod, Period
from reservation_service.domain.lots import FURTHEST, LONGEST, TOLERANCE, check_bookable

SECOND = timedelta(seconds=1)


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
