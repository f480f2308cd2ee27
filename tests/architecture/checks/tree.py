"""The tree's files and what is read from them."""

import ast
import io
import os
import tokenize
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

SHIPPED = ("libs/*/src/*", "services/*/src/*")
TESTS = ("tests/*", "libs/*/tests/*", "services/*/tests/*", "platform/tests/*", "gateway/tests/*")
EVERYWHERE = ("*",)

# What .gitignore keeps out. The tree is walked, and git not asked, so that the checks also hold in an unpacked archive.
_IGNORED = frozenset(
    {".git", ".venv", ".run", "__pycache__", "node_modules", "dist", "build"}
    | {".pytest_cache", ".ruff_cache", ".hypothesis", ".import_linter_cache"}
)
# The trees below it break rules on purpose.
_FIXTURES = "tests/architecture/fixtures"


def files(root: Path, *, with_fixtures: bool = False) -> Iterator[Path]:
    """Every file of the tree, sorted; links are not followed."""
    for folder, subfolders, names in os.walk(root):
        here = Path(folder)
        subfolders[:] = sorted(
            name
            for name in subfolders
            if name not in _IGNORED and (with_fixtures or relative(root, here / name) != _FIXTURES)
        )
        for name in sorted(names):
            path = here / name
            if path.is_file() and not path.is_symlink() and name != ".env":
                yield path


def python_files(root: Path, patterns: tuple[str, ...] = EVERYWHERE) -> Iterator[Path]:
    """The Python files whose path below the root matches one of the patterns."""
    for path in files(root):
        if path.suffix == ".py" and matches(relative(root, path), patterns):
            yield path


def matches(path: str, patterns: tuple[str, ...]) -> bool:
    """Whether a path matches one of the patterns; `*` also crosses slashes."""
    return any(fnmatch(path, pattern) for pattern in patterns)


def relative(root: Path, path: Path) -> str:
    """The path below the root, as it is written in sentences and patterns."""
    return path.relative_to(root).as_posix()


def sentence(root: Path, path: Path, line: int, what: str) -> str:
    """One violation, in a form that editors can jump to."""
    return f"{relative(root, path)}:{line}: {what}"


@cache
def syntax(path: Path) -> ast.Module:
    """A Python file's syntax tree."""
    return ast.parse(path.read_bytes(), filename=str(path))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Everything in a Python file's syntax tree. Most rules ask for it, and the walk takes longer than they do."""
    return tuple(ast.walk(syntax(path)))


@cache
def comments(path: Path) -> tuple[tuple[int, str], ...]:
    """A Python file's comments with their line numbers; a `#` within a string is none."""
    tokens = tokenize.tokenize(io.BytesIO(path.read_bytes()).readline)
    return tuple((token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT)


def dotted(node: ast.expr) -> str:
    """`a.b.c` for such an expression; anything but names becomes `?`."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=name):
            return f"{dotted(value)}.{name}"
        case _:
            return "?"


def calls(path: Path) -> Iterator[ast.Call]:
    """Every call in a Python file."""
    return (node for node in nodes(path) if isinstance(node, ast.Call))
