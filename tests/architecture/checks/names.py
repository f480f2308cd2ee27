"""Names that say nothing, or two things."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from checks.tree import files, nodes, python_files, relative, sentence

_EMPTY_WORDS = {"util", "utils", "helper", "helpers", "common"}
_CODE = {".py", ".ts", ".tsx", ".js", ".mjs", ".sh"}
_HOUSES = ("libs/*", "services/*")


def empty_words(root: Path) -> list[str]:
    """No file or folder of code is called utils, helpers or common: its name says what it holds."""
    return [
        sentence(root, path, 1, "has a name that says nothing")
        for path in files(root)
        if path.suffix in _CODE and _EMPTY_WORDS & set(re.split(r"[/_.-]", relative(root, path).lower()))
    ]


def bare_session(root: Path) -> list[str]:
    """`session` means three things here, so it is `parking_session`, `login` or `db_session`.

    Names that are defined count; a library's keyword arguments and attributes that are only read do not.
    """
    return [
        sentence(root, path, line, f"{name} alone says nothing: parking_session, login or db_session")
        for path in python_files(root, _HOUSES)
        for line, name in [(1, path.stem), *_defined(path)]
        if name.strip("_").lower() == "session"
    ]


def _defined(path: Path) -> Iterator[tuple[int, str]]:
    for node in nodes(path):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield node.lineno, name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield node.lineno, name
            case ast.alias(name=name, asname=asname):
                yield node.lineno, asname or name.rpartition(".")[2]
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield node.lineno, name
            case _:
                pass
