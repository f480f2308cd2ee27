"""The arithmetic of the table."""

import asyncio

import pytest
from benchmarks.figures import Goal, Line, Round, Series, percentile
from benchmarks.rotation import Contender, Rotation
from benchmarks.table import number, table


def series(*figures: float, unit: str = "/s", name: str = "x", idle: float = 0.9) -> Series:
    return Series(name, unit, [Round(figure, idle) for figure in figures])


def test_median_is_the_middle_or_between_the_two_in_the_middle():
    assert series(900, 100, 300).median == 300
    assert series(100, 200, 300, 1000).median == 250


def test_ratio_is_the_median_of_the_rounds_own_ratios():
    """The slow second round was slow for both."""
    line = Line("service", series(600, 60, 300), series(1000, 100, 1000))

    assert line.ratios == pytest.approx([0.6, 0.6, 0.3])
    assert line.ratio == pytest.approx(0.6)


def test_rounds_of_both_belong_together():
    with pytest.raises(ValueError, match="zip"):
        _ = Line("service", series(1, 2), series(1, 2, 3)).ratios


@pytest.mark.parametrize(
    ("goal", "found", "is_met"),
    [
        (Goal("ratio", "≥", 0.5), 0.5, True),
        (Goal("ratio", "≥", 0.5), 0.499, False),
        (Goal("figure", "≤", 150), 150, True),
        (Goal("figure", "≤", 150), 150.1, False),
    ],
)
def test_goals(goal: Goal, found: float, *, is_met: bool):
    assert goal.is_met(found) is is_met


def test_line_is_judged_by_what_its_goal_is_about():
    ours, reference = series(300), series(1000)

    assert Line("a", ours, reference, Goal("ratio", "≥", 0.35)).is_met is False
    assert Line("a", ours, reference, Goal("figure", "≥", 200)).is_met is True
    assert Line("a", ours, reference).is_met is None
    with pytest.raises(ValueError, match="nothing to be held against"):
        _ = Line("a", ours, goal=Goal("ratio", "≥", 0.35)).is_met


@pytest.mark.parametrize(("share", "expected"), [(0.5, 51), (0.99, 100), (1.0, 100), (0.0, 1)])
def test_percentile_is_the_nearest_rank(share: float, expected: float):
    assert percentile([float(figure) for figure in range(100, 0, -1)], share) == expected


def test_nothing_has_no_percentile():
    with pytest.raises(ValueError, match="of nothing"):
        percentile([], 0.5)


@pytest.mark.parametrize(("value", "text"), [(12345.6, "12 346"), (612.4, "612"), (41.52, "41.5"), (0.123, "0.12")])
def test_numbers(value: float, text: str):
    assert number(value) == text


def test_table_says_what_is_met_and_what_is_not():
    ours, reference = series(300, idle=0.42), series(1000, name="statement", idle=0.97)
    head, met, missed, note = table(
        [
            ("reserve", Line("service", ours, reference, Goal("ratio", "≥", 0.25))),
            ("hot-lot", Line("service", series(1200, unit="ms"), goal=Goal("figure", "≤", 1000), note="so it is")),
        ]
    )

    assert head.split() == ["row", "what", "ours", "reference", "ratio", "goal", "idle", "before"]
    assert "300 [300–300] /s" in met
    assert "1 000 [1 000–1 000] /s (statement)" in met
    assert "0.30 [0.30–0.30] ×  ≥ 0.25 ×" in met
    assert met.endswith("met      42%–97%")
    assert "≤ 1000 ms  not met" in missed
    assert note == "hot-lot, service: so it is"


async def test_slowest_contender_says_how_many_times():
    asked = list[int]()

    async def slow(times: int) -> dict[str, float]:
        asked.append(times)
        await asyncio.sleep(0.01 * times)
        return {"/s": 1.0}

    async def idle() -> float:
        return 1.0

    rotation = Rotation(idle=idle)
    await rotation.run([Contender("slow", slow)], times=50, rounds=2, seconds=0.1)

    warm_up, *rounds = asked
    assert warm_up == 5
    assert rounds == [rotation.times] * 2
    assert 5 <= rotation.times <= 10


async def test_contenders_alternate():
    calls = list[tuple[str, int]]()

    def contender(name: str) -> Contender:
        async def measure(times: int) -> dict[str, float]:
            calls.append((name, times))
            return {"/s": float(len(calls))}

        return Contender(name, measure)

    async def busy() -> float:
        return 0.25

    rotation = Rotation(idle=busy)
    await rotation.run([contender("a"), contender("b")], times=100, rounds=3)

    assert calls == [("a", 10), ("b", 10), *[("a", 100), ("b", 100)] * 3]
    assert rotation.series("b", "/s") == Series("b", "/s", [Round(4, 0.25), Round(6, 0.25), Round(8, 0.25)])
