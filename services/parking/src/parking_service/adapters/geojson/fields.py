"""Taking a feature apart: what is missing or of another kind than expected is a reason to refuse it."""

from collections.abc import Mapping, Sequence
from typing import Any

from parking_chassis.schemas import is_one_line
from parking_service.domain.errors import RowRefused
from parking_service.domain.values import Place

POSITION_LENGTHS = {2, 3}
MAX_WHOLE = 10**9
MAX_DEGREES = 10**6  # far beyond the earth; what is larger may be no float at all


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
    """A whole number. Raises `RowRefused`."""
    value = parent.get(name)
    if value is None:
        raise RowRefused(f"{name} is missing")
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


def place(feature: Mapping[str, Any]) -> Place:
    """The point of a feature. Raises `RowRefused`."""
    geometry = feature.get("geometry")
    if not isinstance(geometry, Mapping):
        raise RowRefused("the geometry is missing")
    if geometry.get("type") != "Point":
        raise RowRefused("the geometry is no Point")
    position = geometry.get("coordinates")
    if not isinstance(position, list) or len(position) not in POSITION_LENGTHS:
        raise RowRefused("the coordinates are not [longitude, latitude]")
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in position):
        raise RowRefused("the coordinates are no numbers")
    if any(abs(value) > MAX_DEGREES for value in position):
        raise RowRefused("the coordinates are too large")
    return Place(latitude=float(position[1]), longitude=float(position[0]))
