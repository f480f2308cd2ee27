"""What no file of the tree may name, and links that lead nowhere.

The hosts and paths are put together here from words, so that this file itself names none.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from checks.tree import files, sentence

_HOSTS = tuple(
    words.replace(" ", ".")
    for words in (
        "pypi org",
        "pythonhosted org",
        "registry npmjs org",
        "registry yarnpkg com",
        "repo maven apache org",
        "repo1 maven org",
        "proxy golang org",
        "sum golang org",
        "deb debian org",
        "security debian org",
        "crates io",
    )
)
# A mirror's name cannot be listed; the settings that would name it can.
_SETTING = re.compile(
    r"(?:index[-_]url|find[-_]links|registry|resolved|uv_(?:default_)?index|goproxy)\W{1,5}[a-z+]+://", re.IGNORECASE
)
_HOST_LOCKS = {"uv.lock", "poetry.lock", "Pipfile.lock", "yarn.lock"}
_HOMES = tuple(f"/{folder}/" for folder in ("home", "root", "Users"))
_HOME = re.compile(rf"(?<![\w./-])(?:{'|'.join(_HOMES)})\w")
_LINK = re.compile(r"\]\((?![a-z]+:|#)([^)\s#]+)")


def registry_hosts(root: Path) -> list[str]:
    """The tree installs from whatever registry a machine is set up for, and names none."""
    found: list[str] = []
    for path in files(root, with_fixtures=True):
        if path.name in _HOST_LOCKS:
            found.append(sentence(root, path, 1, "is a lock that names its registry"))
        for line, text in _lines(path):
            if _SETTING.search(text) or any(host in text for host in _HOSTS):
                found.append(sentence(root, path, line, "names a package registry"))
            elif path.suffix == ".lock" and "://" in text:
                found.append(sentence(root, path, line, "names where a locked package comes from"))
    return found


def machine_paths(root: Path) -> list[str]:
    """No file knows on which machine, or where on it, it was written."""
    here = re.compile(rf"{re.escape(str(root))}(?!\w)")
    # A checkout directly below / (as in an image) has a name too plain to look for.
    shallow = len(root.parts) <= 2
    return [
        sentence(root, path, line, "names a path of one machine")
        for path in files(root, with_fixtures=True)
        for line, text in _lines(path)
        if _HOME.search(text) or (not shallow and here.search(text))
    ]


def dead_links(root: Path) -> list[str]:
    """A relative link in a Markdown file leads to a file of the tree."""
    return [
        sentence(root, path, line, f"leads to {target}, which does not exist")
        for path in files(root)
        if path.suffix == ".md"
        for line, text in _lines(path)
        for target in _LINK.findall(text)
        if not (path.parent / unquote(target)).exists()
    ]


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    content = path.read_bytes()
    if b"\0" not in content[:8192]:
        yield from enumerate(content.decode(errors="replace").splitlines(), start=1)
