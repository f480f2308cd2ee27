"""What the inner rooms may import. The contracts between packages are in `.importlinter`."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from checks.tree import nodes, python_files, relative, sentence

_KERNEL = "parking_kernel"


def inner_rooms(root: Path) -> list[str]:
    """`domain` and `application` import the standard library, the kernel and their own service's inner rooms alone.

    The kernel imports the standard library and itself alone.
    """
    found: list[str] = []
    for room, known in (("domain", ("domain",)), ("application", ("application", "domain"))):
        for path in python_files(root, (f"services/*/src/*_service/{room}/*",)):
            package = relative(root, path).split("/")[3]
            own = (_KERNEL, *(f"{package}.{name}" for name in known))
            found += _foreign(root, path, own, room)
    for path in python_files(root, (f"libs/kernel/src/{_KERNEL}/*",)):
        found += _foreign(root, path, (_KERNEL,), "the kernel")
    return found


def _foreign(root: Path, path: Path, own: tuple[str, ...], room: str) -> Iterator[str]:
    for line, module in _imported(path):
        if not (_is_below(module, own) or module.partition(".")[0] in sys.stdlib_module_names):
            yield sentence(root, path, line, f"{room} imports {module}")


def relative_imports(root: Path) -> list[str]:
    """An import names its module in full."""
    return [
        sentence(root, path, node.lineno, "relative import")
        for path in python_files(root)
        for node in nodes(path)
        if isinstance(node, ast.ImportFrom) and node.level > 0
    ]


def _imported(path: Path) -> Iterator[tuple[int, str]]:
    for node in nodes(path):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(module=str(module), level=0, names=names):
                # `from auth_service import domain` names the room in the second half.
                yield from ((node.lineno, f"{module}.{alias.name}") for alias in names)


def _is_below(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)
