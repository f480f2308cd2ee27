"""Ids and the instants they are made of."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from parking_chassis.ids import make_id_floor, new_id

MILLISECOND = timedelta(milliseconds=1)
MONTH = datetime(2027, 1, 1, tzinfo=UTC)
LAST = MONTH - timedelta(microseconds=1)


def test_it_is_the_least_uuid7_of_its_millisecond() -> None:
    floor = make_id_floor(datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC))
    assert floor == UUID("017f22e2-79b0-7000-8000-000000000000")  # the instant of RFC 9562's example, appendix A.6
    assert (floor.version, floor.variant) == (7, "specified in RFC 4122")


@pytest.mark.parametrize(
    "at", [MONTH, LAST, MONTH + timedelta(microseconds=999), datetime(2026, 5, 4, 3, 2, 1, 7, UTC)]
)
def test_ids_of_an_instant_lie_between_its_floor_and_the_next_ones(at: datetime) -> None:
    ids = [new_id(at) for _ in range(200)]
    assert make_id_floor(at) <= min(ids)
    assert max(ids) < make_id_floor(at + MILLISECOND)


def test_the_last_instant_of_a_month_is_before_the_next_months_floor() -> None:
    assert new_id(LAST) < make_id_floor(MONTH) <= new_id(MONTH)


def test_the_offset_does_not_matter() -> None:
    zurich = timezone(timedelta(hours=1))
    assert make_id_floor(MONTH.astimezone(zurich)) == make_id_floor(MONTH)
