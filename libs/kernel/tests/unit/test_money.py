"""Amounts, and how they are rounded and split."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parking_kernel.money import Money, apportioned, proportional, rounded_quotient


def test_currencies_are_not_mixed() -> None:
    with pytest.raises(ValueError, match="CHF and EUR"):
        _ = Money(1, "CHF") + Money(1, "EUR")
    with pytest.raises(ValueError, match="CHF and EUR"):
        _ = Money(1, "CHF") - Money(1, "EUR")
    assert Money(5, "CHF") - Money(2, "CHF") == Money(3, "CHF")


@pytest.mark.parametrize(
    ("amount", "percent", "share"), [(999, 50, 500), (999, 100, 999), (1, 49, 0), (1, 50, 1), (0, 7, 0)]
)
def test_a_share_is_rounded_half_up(amount: int, percent: int, share: int) -> None:
    assert Money(amount, "CHF").share(percent) == Money(share, "CHF")


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**6))
def test_a_quotient_is_rounded_half_up(dividend: int, divisor: int) -> None:
    assert rounded_quotient(dividend, divisor) == (Fraction(dividend, divisor) + Fraction(1, 2)) // 1


@given(st.integers(0, 10**6), st.lists(st.integers(0, 10**4), min_size=1))
def test_proportions_of_a_growing_part_add_up(part: int, steps: list[int]) -> None:
    whole = sum(steps) or 1
    taken = [sum(steps[:count]) for count in range(len(steps) + 1)]
    shares = [proportional(part, each, whole) for each in taken]
    growth = [later - earlier for earlier, later in pairwise(shares)]
    assert sum(growth) == (part if any(steps) else 0)


@given(total=st.integers(0, 10**6), weights=st.lists(st.integers(0, 10**4), min_size=1, max_size=8))
def test_shares_add_up_and_none_is_off_by_a_whole_unit(total: int, weights: list[int]) -> None:
    parts = apportioned(total, weights)
    whole = sum(weights)
    assert sum(parts) == (total if whole else 0)
    assert all(abs(part * whole - total * weight) < whole for part, weight in zip(parts, weights, strict=True) if whole)


@pytest.mark.parametrize(
    ("whole", "percent", "share"),
    [
        (Money(1250, "KWD"), 50, 630),
        (Money(1250, "KWD"), 100, 1250),
        (Money(1255, "KWD"), 100, 1250),
        (Money(30_000, "MGA"), 33, 9_900),
        (Money(501, "ISK"), 50, 251),
        (Money(1251, "EUR"), 50, 626),
    ],
    ids=str,
)
def test_a_share_can_be_given_back(whole: Money, percent: int, share: int) -> None:
    assert whole.share(percent) == whole.of_same_currency(share)
