from datetime import timedelta

import pytest
from services.reservation.tests.examples import START

from parking_kernel.money import Money
from reservation_service.domain.cancellation import DEFAULT_TERMS, CancellationTerm, refundable

PAID = Money(999, "CHF")
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("before_start", "back"),
    [
        pytest.param(timedelta(days=2), 999, id="long before: all"),
        pytest.param(timedelta(hours=1), 999, id="an hour before, to the second: all"),
        pytest.param(timedelta(hours=1) - SECOND, 500, id="later: half, rounded up"),
        pytest.param(timedelta(0), 500, id="at the start: half"),
        pytest.param(-SECOND, 0, id="after it: nothing"),
    ],
)
def test_what_goes_back(before_start: timedelta, back: int) -> None:
    assert refundable(PAID, START, START - before_start, DEFAULT_TERMS) == Money(back, "CHF")


def test_the_most_generous_open_term_counts_in_whatever_order() -> None:
    terms = [CancellationTerm(0, 10), CancellationTerm(48, 90), CancellationTerm(24, 50)]
    assert refundable(Money(100, "CHF"), START, START - timedelta(hours=30), terms) == Money(50, "CHF")
    assert refundable(Money(100, "CHF"), START, START - timedelta(hours=60), terms) == Money(90, "CHF")
    assert refundable(Money(100, "CHF"), START, START, []) == Money(0, "CHF")
