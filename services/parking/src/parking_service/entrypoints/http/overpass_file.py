"""What Overpass answers (`[out:json]`): elements with tags, as features."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

type Position = list[Any]
MIN_RING = 4  # positions, the last of which is the first again


def features_of_overpass(elements: Sequence[object]) -> Iterator[object]:
    """A feature for each element with tags, by its kind and number: `way/123`.

    What has no tags is a part of others: the nodes of a way, for one. What is no element stays as it is: it is refused.
    """
    nodes = {
        str(each.get("id")): [each.get("lon"), each.get("lat")]
        for each in elements
        if isinstance(each, Mapping) and each.get("type") == "node"
    }
    for element in elements:
        if not isinstance(element, Mapping):
            yield element
        elif element.get("tags"):
            yield {
                "type": "Feature",
                "id": f"{element.get('type')}/{element.get('id')}",
                "properties": element["tags"],
                "geometry": _geometry(element, nodes),
            }


def _geometry(element: Mapping[str, Any], nodes: Mapping[str, Position]) -> Mapping[str, object] | None:
    """The best that is there: a point, an area, the centre of the box around it."""
    if element.get("type") == "node":
        return _point(element)
    rings = [ring for ring in _rings(element, nodes) if len(ring) >= MIN_RING and ring[0] == ring[-1]]
    if rings:
        return {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}
    if isinstance(centre := element.get("center"), Mapping):
        return _point(centre)
    return _middle(element.get("bounds"))


def _rings(element: Mapping[str, Any], nodes: Mapping[str, Position]) -> Iterator[list[Position]]:
    """The outlines of a way, or of the outer members of a relation."""
    members = element.get("members")
    for each in members if isinstance(members, list) else [element]:
        if not isinstance(each, Mapping) or each.get("role") == "inner":
            continue
        shape, references = each.get("geometry"), each.get("nodes")
        if isinstance(shape, list):
            yield [[place.get("lon"), place.get("lat")] for place in shape if isinstance(place, Mapping)]
        elif isinstance(references, list):
            yield [nodes[str(name)] for name in references if str(name) in nodes]


def _point(place: Mapping[str, Any]) -> Mapping[str, object]:
    return {"type": "Point", "coordinates": [place.get("lon"), place.get("lat")]}


def _middle(bounds: object) -> Mapping[str, object] | None:
    if not isinstance(bounds, Mapping):
        return None
    sides = [bounds.get(name) for name in ("minlon", "maxlon", "minlat", "maxlat")]
    if not all(isinstance(side, int | float) and not isinstance(side, bool) and abs(side) <= 180 for side in sides):  # noqa: PLR2004
        return None
    west, east, south, north = (float(str(side)) for side in sides)
    return {"type": "Point", "coordinates": [(west + east) / 2, (south + north) / 2]}
