"""How long functions and files are. The tail is the taste: most are short anyway."""

import ast
import math
from pathlib import Path
from typing import NamedTuple

from checks.tree import files, matches, nodes, python_files, relative, sentence

_WEB = ("web/*.ts", "web/*.tsx", "web/*.js", "web/*.css")


class Size(NamedTuple):
    """The length of one thing, and where it begins."""

    lines: int
    path: Path
    line: int
    name: str


def functions(root: Path) -> list[Size]:
    """Every Python function, from its `def` to its end."""
    return [
        Size((node.end_lineno or node.lineno) - node.lineno + 1, path, node.lineno, node.name)
        for path in python_files(root)
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def modules(root: Path) -> list[Size]:
    """Every Python file."""
    return [_whole(path) for path in python_files(root)]


def web_modules(root: Path) -> list[Size]:
    """Every file that is written by hand for the front ends."""
    return [_whole(path) for path in files(root) if matches(relative(root, path), _WEB)]


def p95(sizes: list[Size]) -> int:
    """The length that 95 of 100 keep within (nearest rank)."""
    lengths = sorted(size.lines for size in sizes)
    return lengths[math.ceil(0.95 * len(lengths)) - 1] if lengths else 0


def longest(sizes: list[Size]) -> int:
    """The greatest length."""
    return max((size.lines for size in sizes), default=0)


def too_long(root: Path, sizes: list[Size], limit: int) -> list[str]:
    """Those beyond the limit that none may pass."""
    return [
        sentence(root, size.path, size.line, f"{size.name} has {size.lines} lines, {limit} at most")
        for size in sizes
        if size.lines > limit
    ]


def _whole(path: Path) -> Size:
    return Size(len(path.read_bytes().splitlines()), path, 1, path.name)
