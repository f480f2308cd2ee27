"""One use case, one file, one verb: the listing of `application/` is the feature list."""

import ast
from collections.abc import Iterator
from pathlib import Path

from checks.tree import dotted, python_files, sentence, syntax

_ROOMS = ("services/*/application/commands/*", "services/*/application/queries/*")


def use_cases(root: Path) -> list[str]:
    """`hold_spot.py` holds `HoldSpot`, a frozen dataclass, and its handler, and nothing else that is public.

    The handler is the class `HoldSpotHandler` or the function `hold_spot`. A function with plain arguments needs no
    dataclass.
    """
    return [
        sentence(root, path, line, what)
        for path in python_files(root, _ROOMS)
        for line, what in (_of_package(path) if path.name == "__init__.py" else _of_file(path))
    ]


def _of_package(path: Path) -> Iterator[tuple[int, str]]:
    for line, name in _public(syntax(path)):
        yield line, f"{name} stands in no file of its own"


def _of_file(path: Path) -> Iterator[tuple[int, str]]:
    tree = syntax(path)
    request = "".join(part.capitalize() for part in path.stem.split("_"))
    handlers = {path.stem, f"{request}Handler"}
    public = {name: line for line, name in _public(tree)}
    for name, line in public.items():
        if name != request and name not in handlers:
            yield line, f"{name} is public, but neither {request} nor its handler"
    if len(handlers & public.keys()) != 1:
        yield 1, f"needs one handler: the class {request}Handler or the function {path.stem}"
    if request not in public and path.stem not in public:
        yield 1, f"does not define {request}"
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == request and not _is_frozen_dataclass(node):
            yield node.lineno, f"{request} is no frozen dataclass"


def _public(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in tree.body:
        for name in _defined(node):
            if not name.startswith("_"):
                yield node.lineno, name


def _defined(node: ast.stmt) -> list[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.TypeAlias(name=alias):
            return [alias.id]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
        case ast.Assign(targets=targets):
            return [part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)]
        case _:
            return []


def _is_frozen_dataclass(node: ast.ClassDef) -> bool:
    return any(
        isinstance(decorator, ast.Call)
        and dotted(decorator.func).endswith("dataclass")
        and any(keyword.arg == "frozen" and ast.unparse(keyword.value) == "True" for keyword in decorator.keywords)
        for decorator in node.decorator_list
    )
