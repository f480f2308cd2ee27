"""What ParkAPI answers for a city (version 1): `lots` with their `coords`, as features."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def features_of_park_api(lots: Sequence[object]) -> Iterator[object]:
    """A feature for each lot. What is no object stays as it is, and is refused."""
    for lot in lots:
        yield _feature(lot) if isinstance(lot, Mapping) else lot


def _feature(lot: Mapping[str, Any]) -> Mapping[str, object]:
    coords = lot.get("coords")
    geometry = None
    if isinstance(coords, Mapping):
        geometry = {"type": "Point", "coordinates": [coords.get("lng", coords.get("lon")), coords.get("lat")]}
    properties = {name: value for name, value in lot.items() if name != "coords"}
    return {"type": "Feature", "id": lot.get("id"), "properties": properties, "geometry": geometry}
