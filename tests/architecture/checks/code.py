"""What no code may hold."""

import ast
import re
from pathlib import Path

from checks.tree import SHIPPED, calls, comments, dotted, files, matches, nodes, python_files, relative, sentence

_BROAD = {"Exception", "BaseException"}
_UNCODED = re.compile(
    r"#\s*type:\s*ignore(?!\[\w)|#\s*pyright:\s*ignore(?!\[\w)|#\s*(?:ruff:\s*)?noqa(?!:\s*[A-Z]+\d)", re.IGNORECASE
)
_LEFTOVER = re.compile(r"\b(?:TODO|FIXME)\b")
_COMMENT = re.compile(r"(?:#|//|--|/\*|<!--)(.*)")
_COMMENTED = {".sh", ".ts", ".tsx", ".js", ".css", ".html", ".sql", ".yml", ".yaml", ".toml", ".conf", ".ini"}
_NOW = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today")


def commits(root: Path) -> list[str]:
    """Only a unit of work commits; in a service it alone also begins, since the end of what it began commits.

    The libs begin transactions of their own: chassis makes the unit of work, messaging's relay has no use case.
    """
    return [
        sentence(root, path, call.lineno, f"calls {call.func.attr} outside a unit of work")
        for path in python_files(root, SHIPPED)
        if path.stem != "unit_of_work"
        for call in calls(path)
        if isinstance(call.func, ast.Attribute)
        and (
            call.func.attr == "commit" or (call.func.attr == "begin" and matches(relative(root, path), ("services/*",)))
        )
    ]


def published_tariffs(root: Path) -> list[str]:
    """A version of a tariff is made by `TariffVersion.publish` alone, which checks it."""
    return [
        sentence(root, path, call.lineno, "makes a version of a tariff past `TariffVersion.publish`")
        for path in python_files(root, ("services/parking/src/*",))
        if not relative(root, path).endswith("/domain/tariffs.py")
        for call in calls(path)
        if (dotted(call.func) or "").split(".")[-1] in {"TariffVersion", "TariffPublished"}
    ]


def broad_excepts(root: Path) -> list[str]:
    """A handler names what it expects; only an entry point's loop catches all, and logs it."""
    return [
        sentence(root, path, line, "catches everything")
        for path in python_files(root)
        for node in nodes(path)
        if (line := _catches_everything(node))
    ]


def uncoded_ignores(root: Path) -> list[str]:
    """A silenced finding names its code, so that the next one is reported."""
    return [
        sentence(root, path, line, "silences every finding")
        for path in python_files(root)
        for line, comment in comments(path)
        if _UNCODED.search(comment)
    ]


def leftovers(root: Path) -> list[str]:
    """What is left to do stands in docs/status.md and the issues."""
    found = [
        sentence(root, path, line, "something is left to do")
        for path in python_files(root)
        for line, comment in comments(path)
        if _LEFTOVER.search(comment)
    ]
    for path in files(root):
        if path.suffix in _COMMENTED or path.name in {"Dockerfile", "Makefile"}:
            for line, text in enumerate(path.read_text().splitlines(), start=1):
                comment = _COMMENT.search(text)
                if comment and _LEFTOVER.search(comment[1]):
                    found.append(sentence(root, path, line, "something is left to do"))
    return found


def clocks(root: Path) -> list[str]:
    """The present comes from a `Clock`, whose adapters stand in `clock.py`."""
    return [
        sentence(root, path, node.lineno, "reads the machine's clock")
        for path in python_files(root, SHIPPED)
        if path.stem != "clock"
        for node in nodes(path)
        if isinstance(node, ast.Attribute) and dotted(node).endswith(_NOW)
    ]


def _catches_everything(node: ast.AST) -> int:
    """The line of what catches everything, or 0."""
    match node:
        case ast.ExceptHandler(type=None, lineno=line):
            return line
        case ast.ExceptHandler(type=ast.expr() as caught, lineno=line):
            kinds = caught.elts if isinstance(caught, ast.Tuple) else [caught]
        case ast.Call(func=function, args=kinds, lineno=line) if dotted(function).endswith("suppress"):
            pass
        case _:
            return 0
    return line if any(dotted(kind).removeprefix("builtins.") in _BROAD for kind in kinds) else 0
