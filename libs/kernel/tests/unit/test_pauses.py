"""How long to wait after failures."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parking_kernel.pauses import GrowingPause

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def test_a_pause_grows_by_its_factor_up_to_the_longest() -> None:
    pauses = GrowingPause(MINUTE, DAY, factor=4)
    assert [pauses.after(failures) // MINUTE for failures in range(1, 9)] == [1, 4, 16, 64, 256, 1024, 1440, 1440]


@pytest.mark.parametrize("failures", [22, 1_000, 10**9])
def test_no_number_of_failures_overflows_it(failures: int) -> None:
    """`timedelta * 4**21` did."""
    assert GrowingPause(MINUTE, DAY, factor=4).after(failures) == DAY


def test_a_first_pause_beyond_the_longest_is_cut() -> None:
    assert GrowingPause(DAY, MINUTE).after(1) == MINUTE


@given(
    st.timedeltas(timedelta(microseconds=1), DAY),
    st.timedeltas(timedelta(microseconds=1), DAY),
    st.integers(0, 10**6),
    st.integers(2, 10),
)
def test_pauses_never_shrink_and_never_pass_the_longest(
    first: timedelta, longest: timedelta, failures: int, factor: int
) -> None:
    pauses = GrowingPause(first, longest, factor)
    assert min(first, longest) <= pauses.after(failures) <= pauses.after(failures + 1) <= longest
