"""The services' images are made alike: what is fixed in one Dockerfile is fixed in all."""

from itertools import zip_longest
from pathlib import Path

from checks.tree import sentence

# Its name is no other word of the file; `parking` is also the product's.
_MODEL = "reservation"


def dockerfiles(root: Path) -> list[str]:
    """The services' Dockerfiles say the same, but for the service's name: the first line of each that differs."""
    model = (root / "services" / _MODEL / "Dockerfile").read_text()
    found: list[str] = []
    for path in sorted((root / "services").glob("*/Dockerfile")):
        name = path.parent.name
        wanted = model.replace(_MODEL, name).replace(_MODEL.upper(), name.upper())
        pairs = zip_longest(path.read_text().splitlines(), wanted.splitlines())
        number = next((number for number, (line, other) in enumerate(pairs, start=1) if line != other), None)
        if number:
            found.append(sentence(root, path, number, f"is not what {_MODEL}'s says, but for the name"))
    return found
