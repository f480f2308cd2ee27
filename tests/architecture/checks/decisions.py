"""Decision records: one form, and none that the index lacks."""

import re
from pathlib import Path

from checks.tree import sentence

_PARTS = ("# ", "Status: ", "## Context", "## Decision", "## Consequences", "## How it is checked")
_PAGE = 60


def decisions(root: Path) -> list[str]:
    """Each record has all parts in their order, the number of its file, a line in the index, and fits on a page."""
    folder = root / "docs/decisions"
    index = (folder / "README.md").read_text()
    found: list[str] = []
    for record in sorted(folder.glob("[0-9]*.md")):
        lines = record.read_text().splitlines()
        parts = [line for line in lines if line.startswith(_PARTS)]
        number = record.name[:4]
        if [next(part for part in _PARTS if line.startswith(part)) for line in parts] != list(_PARTS):
            found.append(
                sentence(root, record, 1, f"needs, in this order, {', '.join(part.strip() for part in _PARTS)}")
            )
        if not re.fullmatch(rf"# {number} \S.*", lines[0] if lines else ""):
            found.append(sentence(root, record, 1, f"does not begin with its number, {number}"))
        if f"]({record.name})" not in index:
            found.append(sentence(root, record, 1, "is missing in the index"))
        if len(lines) > _PAGE:
            found.append(sentence(root, record, _PAGE, "is longer than a page"))
    return found
