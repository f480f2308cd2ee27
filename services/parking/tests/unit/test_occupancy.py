"""Sightings, counts, and how far they show the present."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parking_chassis.ids import new_id
from parking_service.domain.occupancy import (
    CountReading,
    LotCount,
    SpotOccupancy,
    SpotReading,
    confidence,
    count_violations,
)

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
SPOT, LOT = new_id(), new_id()
readings = st.lists(st.tuples(st.booleans(), st.integers(0, 20)), max_size=30)


@given(readings)
def test_the_newest_reading_of_a_spot_counts(
    given_readings: list[tuple[bool, int]],
) -> None:
    spot = SpotOccupancy(SPOT, LOT)
    newest: tuple[bool, int] | None = None
    for occupied, minute in given_readings:
        is_newer = newest is None or minute > newest[1]
        assert spot.see(SpotReading(SPOT, occupied, NOW + timedelta(minutes=minute))) is is_newer
        newest = (occupied, minute) if is_newer else newest
    if newest:
        assert spot.state
        assert (spot.state.occupied, spot.state.observed_at) == (newest[0], NOW + timedelta(minutes=newest[1]))
    assert [event.state.version for event in spot.events] == list(range(1, len(spot.events) + 1))
    states = [event.state.occupied for event in spot.events]
    assert all(before is not after for before, after in pairwise(states))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20)), max_size=30))
def test_counts_are_published_each_and_know_since_when_they_stand(counts: list[tuple[int, int]]) -> None:
    count = LotCount(LOT)
    taken = [
        (occupied, minute)
        for occupied, minute in counts
        if count.count(CountReading(occupied, 5, NOW + timedelta(minutes=minute)))
    ]
    assert [minute for _, minute in taken] == sorted({minute for _, minute in taken})
    assert [event.state.version for event in count.events] == list(range(1, len(taken) + 1))
    if taken:
        assert count.state
        since = len(taken) - 1
        while since and taken[since - 1][0] == taken[-1][0]:
            since -= 1
        assert count.state.changed_at == NOW + timedelta(minutes=taken[since][1])


@pytest.mark.parametrize(
    ("occupied", "capacity", "pointers"),
    [(0, 0, []), (5, 5, []), (6, 5, ["/occupied"]), (-1, 5, ["/occupied"]), (0, -1, ["/capacity"])],
)
def test_impossible_counts_are_named(occupied: int, capacity: int, pointers: list[str]) -> None:
    reading = CountReading(occupied, capacity, NOW)
    assert [violation.pointer for violation in count_violations(reading)] == pointers


@pytest.mark.parametrize(
    ("age", "steady", "coverage", "expected"),
    [
        (timedelta(0), timedelta(0), 1.0, 1.0),
        (timedelta(minutes=5), timedelta(hours=3), 1.0, 1.0),
        (timedelta(minutes=20), timedelta(0), 1.0, 0.5),
        (timedelta(minutes=35), timedelta(0), 1.0, 0.25),
        (timedelta(minutes=20), timedelta(0), 0.5, 0.25),
        (timedelta(0), timedelta(hours=6), 1.0, 0.5),
        (timedelta(hours=3), timedelta(0), 1.0, 0.0),
    ],
)
def test_confidence_falls_with_silence_and_standstill(
    age: timedelta, steady: timedelta, coverage: float, expected: float
) -> None:
    seen = NOW - age
    assert confidence(seen, seen - steady, coverage, NOW) == expected


def test_what_nobody_watches_has_no_confidence() -> None:
    assert confidence(None, None, 0.0, NOW) == 0.0
