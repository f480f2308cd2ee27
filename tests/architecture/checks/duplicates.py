"""Lines repeated within one service, lib or the platform: six or more alike in a row, layout and imports aside."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from checks.tree import nodes, python_files, relative, sentence

_RUN = 6


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
    """The repetition within each house; what two houses have in common is not counted."""
    return [
        _within(root, house)
        for group in ("libs/*", "services/*", "platform")
        for house in sorted(root.glob(group))
        if house.is_dir()
    ]


def repeated(root: Path, limit: float) -> list[str]:
    """The places to look at, in each house that repeats more than the limit."""
    return [
        sentence(
            root,
            path,
            lines[0],
            f"{len(lines)} repeated lines; {house.house} has {house.percent:.1f} %, {limit} % at most",
        )
        for house in repetitions(root)
        if house.percent > limit
        for path, lines in house.places.items()
    ]


def _within(root: Path, house: Path) -> Repetition:
    seen: set[tuple[str, ...]] = set()
    places: dict[Path, list[int]] = {}
    total = 0
    for path in python_files(root, (f"{relative(root, house)}/*",)):
        numbered = list(_normalised(path))
        total += len(numbered)
        again: set[int] = set()
        for start in range(len(numbered) - _RUN + 1):
            run = numbered[start : start + _RUN]
            texts = tuple(text for _, text in run)
            if texts in seen:
                again.update(line for line, _ in run)
            seen.add(texts)
        if again:
            places[path] = sorted(again)
    return Repetition(relative(root, house), total, places)


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
