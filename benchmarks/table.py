"""The findings as people read them."""

from collections.abc import Sequence
from itertools import zip_longest

from benchmarks.figures import Goal, Line, Series

HEAD = ("row", "what", "ours", "reference", "ratio", "goal", "", "idle before")
VERDICTS = {True: "met", False: "not met", None: ""}


def table(found: Sequence[tuple[str, Line]]) -> Sequence[str]:
    """A head, a line for each, and the notes below."""
    cells = [HEAD, *(_cells(row, line) for row, line in found)]
    widths = [max(map(len, column)) for column in zip_longest(*cells, fillvalue="")]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(each, widths, strict=True)).rstrip() for each in cells]
    notes = [f"{row}, {line.what}: {line.note}" for row, line in found if line.note]
    return [*lines, *notes]


def number(value: float) -> str:
    """As many digits as mean something."""
    if value >= 100:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _cells(row: str, line: Line) -> tuple[str, ...]:
    return (
        row,
        line.what,
        _series(line.ours),
        f"{_series(line.reference)} ({line.reference.name})" if line.reference else "",
        "" if line.ratio is None else f"{_spread(line.ratio, line.ratios)} ×",
        _goal(line.goal, line.ours.unit),
        VERDICTS[line.is_met],
        f"{min(line.idle):.0%}–{max(line.idle):.0%}",
    )


def _series(series: Series) -> str:
    return f"{_spread(series.median, series.figures)} {series.unit}"


def _spread(middle: float, figures: Sequence[float]) -> str:
    return f"{number(middle)} [{number(min(figures))}–{number(max(figures))}]"


def _goal(goal: Goal | None, unit: str) -> str:
    if goal is None:
        return ""
    return f"{goal.sense} {goal.value:g} {'×' if goal.of == 'ratio' else unit}"
