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


_COINED = {
    "told": "published, or said",
    "tell": "publish, or say",
    "tells": "publishes, or says",
    "telling": "publishing",
    "heard": "received, or consumed",
    "hear": "receive, or consume",
    "hears": "receives, or consumes",
    "let_go": "expired, or released",
    "forget": "purge",
    "forgets": "purges",
    "forgotten": "purged",
    "look_after": "reconcile",
    "looks_after": "reconciles",
    "anew": "again",
    "for_ever": "permanently",
    "in_vain": "failed",
    "dues": "amounts due",
    "agenda": "due work",
    "occasion": "source event",
    "occasions": "source events",
    "payments_seen": "payment watermark",
    "farewell": "drain notice",
    "turns": "concurrency limiter",
    "crowd": "identical requests",
    "crowds": "identical requests",
    "wish": "spot request",
    "wishes": "spot requests",
    "whoever": "the one who acts, by its name",
}
_COINED_SOMEWHERE = {
    # The chaos oracle judges a run from outside; a service audits itself.
    "oracle": ("invariant audit", ("services/",)),
    # The waiting list makes offers.
    "offer": ("candidates", ("services/reservation/",)),
    "offers": ("candidates", ("services/reservation/",)),
}
_WAITING_LIST = "wait"


def coined_words(root: Path) -> list[str]:
    """No identifier or file has a word that the glossary lists under "Not these words"."""
    return [
        sentence(root, path, line, f"{name}: not the field's word, which is {better}")
        for path in python_files(root, (*_HOUSES, "platform/*", "tests/*", "benchmarks/*"))
        for line, name in [(1, path.stem), *_defined(path)]
        if (better := _better(name, relative(root, path)))
    ]


def _better(name: str, path: str) -> str | None:
    words = "_" + re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_") + "_"
    for coined, better in _COINED.items():
        if f"_{coined}_" in words:
            return better
    for coined, (better, folders) in _COINED_SOMEWHERE.items():
        if f"_{coined}_" in words and path.startswith(folders) and _WAITING_LIST not in path + words:
            return better
    return None
