"""Lines repeated within a service, lib or the platform, and across services: six or more alike in a row.

Layout, comments and imports do not count.
"""

import ast
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from checks.tree import nodes, python_files, relative, sentence

_RUN = 6
type Run = tuple[str, ...]


class Repetition(NamedTuple):
    """How much of one house is said twice."""

    house: str
    lines: int
    places: dict[Path, list[int]]

    @property
    def percent(self) -> float:
        """The share of its lines that repeat earlier ones."""
        return 100 * sum(map(len, self.places.values())) / self.lines if self.lines else 0.0


def repetitions(root: Path) -> list[Repetition]:
    """The repetition within each house; for what two services have in common see `across`."""
    return [
        _within(root, house)
        for group in ("libs/*", "services/*", "platform")
        for house in sorted(root.glob(group))
        if house.is_dir()
    ]


def across(root: Path) -> Repetition:
    """What services say that an earlier one (by name) says too: a rule that two need has one home."""
    seen: set[Run] = set()
    places: dict[Path, list[int]] = {}
    total = 0
    for house in sorted(root.glob("services/*")):
        mine: set[Run] = set()
        for path in python_files(root, (f"{relative(root, house)}/*",)):
            numbered = list(_normalised(path))
            total += len(numbered)
            mine.update(run for run, _ in _runs(numbered))
            if again := _known(numbered, seen):
                places[path] = again
        seen |= mine
    return Repetition("across services", total, places)


def repeated(root: Path, limit: float, limit_across: float) -> list[str]:
    """The places to look at, in each house that repeats more than the limit, and across services."""
    return [
        sentence(
            root,
            path,
            lines[0],
            f"{len(lines)} repeated lines; {house.house} has {house.percent:.1f} %, {most} % at most",
        )
        for house, most in [*((each, limit) for each in repetitions(root)), (across(root), limit_across)]
        if house.percent > most
        for path, lines in house.places.items()
    ]


def _within(root: Path, house: Path) -> Repetition:
    seen: set[Run] = set()
    places: dict[Path, list[int]] = {}
    total = 0
    for path in python_files(root, (f"{relative(root, house)}/*",)):
        numbered = list(_normalised(path))
        total += len(numbered)
        again: set[int] = set()
        for run, lines in _runs(numbered):
            if run in seen:
                again.update(lines)
            seen.add(run)
        if again:
            places[path] = sorted(again)
    return Repetition(relative(root, house), total, places)


def _known(numbered: list[tuple[int, str]], seen: Collection[Run]) -> list[int]:
    return sorted({line for run, lines in _runs(numbered) if run in seen for line in lines})


def _runs(numbered: list[tuple[int, str]]) -> Iterator[tuple[Run, list[int]]]:
    for start in range(len(numbered) - _RUN + 1):
        run = numbered[start : start + _RUN]
        yield tuple(text for _, text in run), [line for line, _ in run]


def _normalised(path: Path) -> Iterator[tuple[int, str]]:
    imports = {
        line
        for node in nodes(path)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    for line, text in enumerate(path.read_text().splitlines(), start=1):
        words = " ".join(text.split())
        if words and not words.startswith("#") and line not in imports:
            yield line, words
