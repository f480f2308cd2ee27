"""What a period is."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from parking_kernel.periods import InvalidPeriod, Period

ZURICH = ZoneInfo("Europe/Zurich")
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
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
    assert there == Period(NOW, NOW + timedelta(hours=1))
    assert there.starts_at.tzinfo is UTC


def test_its_length_is_elapsed_time() -> None:
    spring = Period(datetime(2026, 3, 29, 1, tzinfo=ZURICH), datetime(2026, 3, 29, 4, tzinfo=ZURICH))
    assert spring.length == timedelta(hours=2)
