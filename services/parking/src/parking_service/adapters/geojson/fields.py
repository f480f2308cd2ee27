"""Taking a feature apart: what is missing or of another kind than expected is a reason to refuse it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from parking_chassis.schemas import is_one_line
from parking_service.domain.errors import RowRefused

MAX_WHOLE = 10**9
MAX_SHOWN = 50
MAX_DESCRIPTION = 2000
_WHOLE = re.compile(r"([+-]?[0-9]{1,400})(?:[.,]0{1,20})?")


def mapping(parent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object within another. Raises `RowRefused`."""
    value = parent.get(name)
    if not isinstance(value, Mapping):
        raise RowRefused(f"{name} is missing")
    return value


def text(parent: Mapping[str, Any], name: str) -> str:
    """A text without outer blanks, its lines joined by commas; empty where there is none. Raises `RowRefused`."""
    value = parent.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RowRefused(f"{name} is no text")
    joined = ", ".join(line.strip() for line in value.splitlines() if line.strip())
    if not is_one_line(joined):
        raise RowRefused(f"{name} holds a control character")
    return joined


def whole(parent: Mapping[str, Any], name: str) -> int:
    """A whole number, also as `3.0` or as a text, as OSM and spreadsheets write it. Raises `RowRefused`."""
    value = parent.get(name)
    if value is None or value == "":
        raise RowRefused(f"{name} is missing")
    if isinstance(value, str) and (digits := _WHOLE.fullmatch(value.strip())):
        value = int(digits[1])
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise RowRefused(f"{name} is no whole number")
    if abs(value) > MAX_WHOLE:
        raise RowRefused(f"{name} is too large")
    return value


def objects(parent: Mapping[str, Any], name: str, one: str) -> Sequence[Mapping[str, Any]]:
    """A list of objects, of which there is one at least. `one` is what each of them is. Raises `RowRefused`."""
    values = parent.get(name)
    if not isinstance(values, list) or not values:
        raise RowRefused(f"{name} are missing")
    if not all(isinstance(value, Mapping) for value in values):
        raise RowRefused(f"{one} is no object")
    return values


def shown(value: object) -> str:
    """A value in a reason: as it is written, cut where it is long."""
    written = str(value)
    return repr(written if len(written) <= MAX_SHOWN else f"{written[:MAX_SHOWN]}…")
