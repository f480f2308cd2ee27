"""Taking a feature apart: what is missing or of another kind than expected is a reason to refuse it."""

from collections.abc import Mapping
from typing import Any

from parking_service.domain.errors import RowRefused
from parking_service.domain.values import Place

POSITION_LENGTHS = {2, 3}


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
    return ", ".join(line.strip() for line in value.splitlines() if line.strip())


def whole(parent: Mapping[str, Any], name: str) -> int:
    """A whole number. Raises `RowRefused`."""
    value = parent.get(name)
    if value is None:
        raise RowRefused(f"{name} is missing")
    if isinstance(value, bool) or not isinstance(value, int):
        raise RowRefused(f"{name} is no whole number")
    return value


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
    return Place(latitude=float(position[1]), longitude=float(position[0]))
