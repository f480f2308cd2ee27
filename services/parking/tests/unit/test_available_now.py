"""What is available now, by the rule of decision 0038."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parking_chassis.ids import new_id
from parking_service.domain.available_now import FreeSpots, Present, Sensors, available_now
from parking_service.domain.occupancy import (
    CountReading,
    Fading,
    LotCountState,
    capacity_violations,
    confidence,
    fits,
)

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = 60 * MINUTE
LOT = new_id()
IN_2001 = datetime(2001, 1, 1, tzinfo=UTC)


def counted(occupied: int, capacity: int = 10, ago: timedelta = MINUTE) -> LotCountState:
    return LotCountState(LOT, occupied, capacity, NOW - ago, NOW - ago, 1)


def seen_by(watched: int, taken: int, ago: timedelta = MINUTE) -> Sensors:
    return Sensors(watched, taken, watched, 0.0, NOW - ago, NOW - ago, NOW - ago)


QUIET = Present(NOW, spots=10, usable=10, unavailable=0, inside=0, expected=0)


@pytest.mark.parametrize(
    ("changes", "free"),
    [
        ({"unavailable": 4}, 6),
        ({"usable": 8, "unavailable": 8}, 0),
        ({"count": counted(3)}, 7),
        ({"count": counted(3), "inside": 5}, 5),
        ({"count": counted(5), "inside": 3}, 5),
        ({"count": counted(3), "inside": 2, "expected": 4}, 3),
        ({"count": counted(9), "expected": 4}, 0),
        ({"count": counted(10), "inside": 12, "expected": 4}, 0),
        ({"count": counted(3), "usable": 8}, 5),
        ({"count": counted(3), "usable": 0}, 0),
        ({"count": counted(5, capacity=11)}, 5),
        ({"count": counted(3, capacity=9)}, 6),
        ({"count": counted(5, capacity=1000)}, 10),
        ({"count": counted(3, ago=HOUR), "unavailable": 1}, 9),
        ({"count": counted(3), "sensors": seen_by(9, 1), "unavailable": 1}, 7),
        ({"count": counted(3, ago=2 * MINUTE), "sensors": seen_by(10, 1), "unavailable": 1}, 9),
        ({"spots": 0, "usable": 0, "count": counted(464, 750)}, 286),
        ({"spots": 0, "usable": 0, "count": counted(464, 750, ago=9 * HOUR)}, 286),
        ({"spots": 0, "usable": 0, "count": counted(0, 0)}, 0),
        ({"spots": 1, "usable": 1, "count": counted(0, 0)}, 1),
    ],
    ids=[
        "spots in service less what is taken, in or booked",
        "out of service is not available",
        "with a counter, capacity less the count",
        "or less the cars that came through the gate",
        "whichever is more",
        "less who booked now and has not come",
        "never below 0",
        "however far below",
        "of a counter too, only what is in service",
        "nothing is in service",
        "a counter that holds one more is scaled, rounded up",
        "and one that holds one fewer",
        "another lot's counter does not count",
        "a silent counter does not count",
        "sensors of some spots know less than the counter",
        "newer sensors of all spots know better",
        "without numbered spots the counter says all",
        "with no confidence too",
        "and where it holds nothing",
        "or nothing that can be scaled",
    ],
)
def test_available_now_by_hand(changes: dict[str, object], free: int) -> None:
    assert available_now(replace(QUIET, **changes)).free == free


COUNTS = st.integers(0, 30)


@given(spots=COUNTS, out=COUNTS, taken=COUNTS, inside=COUNTS, expected=COUNTS, occupied=COUNTS, capacity=COUNTS)
def test_available_lies_between_none_and_all_that_is_in_service(
    spots: int, out: int, taken: int, inside: int, expected: int, occupied: int, capacity: int
) -> None:
    usable = max(spots - out, 0)
    count = counted(min(occupied, capacity), capacity)
    present = Present(NOW, spots, usable, min(taken, usable), inside, expected, count=count)
    for each in (present, replace(present, count=None)):
        found = available_now(each)
        assert 0 <= found.free <= found.usable
        assert found.taken is None or 0 <= found.taken <= found.usable


def test_it_is_worked_out_again_when_a_booking_begins_or_what_was_seen_falls_silent() -> None:
    assert available_now(QUIET).next_at is None
    assert available_now(replace(QUIET, changes_at=NOW + HOUR)).next_at == NOW + HOUR
    silent_at = NOW - MINUTE + HOUR
    assert available_now(replace(QUIET, count=counted(1), changes_at=NOW + HOUR)).next_at == silent_at
    assert available_now(replace(QUIET, count=counted(1, ago=2 * HOUR))).next_at is None


def test_what_was_seen_taken_is_counted_apart_from_what_is_booked() -> None:
    assert available_now(replace(QUIET, unavailable=4)).taken is None, "nobody watches"
    assert available_now(replace(QUIET, unavailable=4, sensors=seen_by(3, 2))).taken == 2
    assert available_now(replace(QUIET, expected=4, count=counted(3))).taken == 3
    assert available_now(replace(QUIET, spots=0, usable=0, count=counted(3, ago=HOUR))).taken is None


def shown(found: FreeSpots, later: timedelta = timedelta()) -> float:
    fading = Fading(found.fresh_since, found.fading, found.counted_at)
    return confidence(found.observed_at, found.changed_at, found.coverage, NOW + later, fading)


def test_silence_is_measured_for_each_spot_by_itself() -> None:
    """Readings of 2001 beside one fresh sensor once gave 1.0."""
    sensors = Sensors(
        seen=1, taken=0, fresh=1, fresh_since=NOW - MINUTE, observed_at=NOW - MINUTE, changed_at=NOW - MINUTE
    )
    found = available_now(replace(QUIET, sensors=sensors))
    assert (shown(found), found.observed_at) == (0.1, NOW - MINUTE)
    half_gone = available_now(replace(QUIET, sensors=replace(sensors, seen=2, fading=0.5)))
    assert shown(half_gone) == 0.15
    assert shown(half_gone, 4 * MINUTE) == pytest.approx(0.1 + 0.05 * 0.5 ** (4 / 15), abs=0.005)
    assert shown(half_gone, 19 * MINUTE) == pytest.approx(0.05 + 0.05 * 0.5 ** (19 / 15), abs=0.005)


def test_a_counter_that_fell_silent_shows_its_age_and_no_confidence() -> None:
    found = available_now(replace(QUIET, count=replace(counted(3), observed_at=IN_2001, changed_at=IN_2001)))
    assert (found.free, found.observed_at, shown(found)) == (10, IN_2001, 0.0)


@pytest.mark.parametrize(
    ("capacity", "spots", "is_right"),
    [(5, 5, True), (6, 5, True), (4, 5, True), (7, 5, False), (1000, 5, False), (110, 100, True), (111, 100, False)],
)
def test_a_counter_of_another_capacity_is_none_of_this_lot(capacity: int, spots: int, *, is_right: bool) -> None:
    assert fits(capacity, spots) is is_right
    pointers = [each.pointer for each in capacity_violations(CountReading(5, capacity, NOW), spots)]
    assert pointers == ([] if is_right else ["/capacity"])


def test_a_lot_without_numbered_spots_has_as_many_as_its_counter_says() -> None:
    assert list(capacity_violations(CountReading(464, 750, NOW), 0)) == []
