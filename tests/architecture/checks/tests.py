"""What no test may do: hide, lie or wait."""

import ast
from collections.abc import Iterator
from pathlib import Path

from checks.tree import TESTS, calls, dotted, nodes, python_files, sentence, syntax

_SKIPS = ("mark.skip", "mark.skipif", "mark.xfail", "pytest.skip", "pytest.xfail", "pytest.importorskip")
_PATCHES = {"patch", "mock.patch", "mocker.patch", "unittest.mock.patch"}
_SLEEPERS = {"time", "asyncio", "anyio"}


def silent_skips(root: Path) -> list[str]:
    """A test that is skipped or expected to fail says why."""
    found: list[str] = []
    for path in python_files(root, TESTS):
        excused = {id(call.func) for call in calls(path) if _has_reason(call)}
        found += [
            sentence(root, path, node.lineno, "skips without a reason")
            for node in nodes(path)
            if isinstance(node, ast.Attribute) and dotted(node).endswith(_SKIPS) and id(node) not in excused
        ]
    return found


def string_patches(root: Path) -> list[str]:
    """Nothing is patched by its path as a string: hand the double in."""
    return [
        sentence(root, path, call.lineno, "patches by a path as a string")
        for path in python_files(root, TESTS)
        for call in calls(path)
        if _patches(call.func) and call.args and _is_text(call.args[0])
    ]


def sleeps(root: Path) -> list[str]:
    """Tests wait for a condition with a deadline: only a `wait_…` function sleeps, between two looks."""
    return [
        sentence(root, path, line, "waits for a fixed time")
        for path in python_files(root, TESTS)
        for line in _sleeps(syntax(path), _sleep_names(path))
    ]


def _has_reason(call: ast.Call) -> bool:
    name = dotted(call.func)
    given = [keyword.value for keyword in call.keywords if keyword.arg == "reason"]
    if name.endswith(("mark.skip", "pytest.skip", "pytest.xfail")):
        given += call.args[:1]
    return any(not isinstance(reason, ast.Constant) or bool(reason.value) for reason in given)


def _patches(function: ast.expr) -> bool:
    name = dotted(function)
    if name.endswith((".setattr", ".delattr")):
        return True
    return name.removesuffix(".dict").removesuffix(".multiple").removesuffix(".object") in _PATCHES


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _sleep_names(path: Path) -> set[str]:
    names = {f"{module}.sleep" for module in _SLEEPERS}
    for node in nodes(path):
        if isinstance(node, ast.ImportFrom) and node.module in _SLEEPERS:
            names |= {alias.asname or alias.name for alias in node.names if alias.name == "sleep"}
    return names


def _sleeps(node: ast.AST, names: set[str]) -> Iterator[int]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) and child.name.strip("_").startswith("wait_"):
            continue
        if isinstance(child, ast.Call) and dotted(child.func) in names and not _yields_only(child):
            yield child.lineno
        yield from _sleeps(child, names)


def _yields_only(call: ast.Call) -> bool:
    return len(call.args) == 1 and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0
