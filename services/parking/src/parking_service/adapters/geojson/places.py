"""Where a row is: a point, an area's point on its surface, WKT, or two columns of degrees."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import shapely
from shapely.errors import ShapelyError

from parking_service.adapters.geojson import fields
from parking_service.adapters.geojson.columns import Row
from parking_service.domain.errors import RowRefused
from parking_service.domain.values import Place

POSITION_LENGTHS = {2, 3}
MAX_DEGREES = 10**6  # far beyond the earth; what is larger may be no float at all
MIN_RING = 4  # positions, the last of which is the first again
WGS84 = "4326"
# What is not asked for is not read: collections nest, and the reader of WKT goes down without a limit.
_POINT_OR_AREA = re.compile(r"\s*(?:POINT|(?:MULTI)?POLYGON)(?![A-Z])", re.IGNORECASE)
_NUMBERS = re.compile(r"\s*(?:ZM|Z|M)?\s*(?:EMPTY|[-+0-9.,()\sE]*)", re.IGNORECASE)
_SRID = re.compile(r"\s*SRID\s*=\s*([0-9]{1,9})\s*;", re.IGNORECASE)
_DEGREES = re.compile(r"[+-]?[0-9]{1,3}(?:[.,][0-9]{1,20})?")


def place_of(feature: Mapping[str, Any], row: Row) -> Place:
    """Where a feature is: by its geometry, or else by its columns. Raises `RowRefused`."""
    geometry = feature.get("geometry")
    if isinstance(geometry, Mapping):
        return place_of_geometry(geometry)
    if text := row.text("wkt"):
        return _place_of_text(text)
    point = row.value("point")
    if point is not None:
        return _place_of_point(point)
    if row.has("latitude") and row.has("longitude"):
        return Place(_degrees(row, "latitude"), _degrees(row, "longitude"))
    raise RowRefused("the geometry is missing")


def place_of_geometry(geometry: Mapping[str, Any]) -> Place:
    """The point of a GeoJSON geometry, on the surface of an area. Raises `RowRefused`."""
    coordinates = geometry.get("coordinates")
    match geometry.get("type"):
        case "Point":
            longitude, latitude = _position(coordinates)
            return Place(latitude=latitude, longitude=longitude)
        case "Polygon":
            return _on_surface(_polygon(coordinates))
        case "MultiPolygon":
            return _on_surface(shapely.MultiPolygon([_polygon(part) for part in _list(coordinates, "areas")]))
        case _:
            raise RowRefused("the geometry is no Point, Polygon or MultiPolygon")


def _place_of_text(text: str) -> Place:
    """That of WKT, of EWKT in degrees, or of GeoJSON in a column."""
    if text.startswith("{"):
        return place_of_geometry(_parsed(text))
    if srid := _SRID.match(text):
        if srid[1] != WGS84:
            raise RowRefused(f"the geometry is in the reference system {srid[1]}, not in degrees (4326)")
        text = text[srid.end() :]
    if not (kind := _POINT_OR_AREA.match(text)):
        raise RowRefused("the geometry is no Point, Polygon or MultiPolygon")
    if not _NUMBERS.fullmatch(text, kind.end()):
        raise RowRefused(f"the geometry {fields.shown(text)} is no WKT")
    try:
        geometry = shapely.from_wkt(text)
    except (ShapelyError, ValueError) as error:
        raise RowRefused(f"the geometry {fields.shown(text)} is no WKT") from error
    return _on_surface(geometry)


def _parsed(text: str) -> Mapping[str, Any]:
    try:
        geometry = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise RowRefused(f"the geometry {fields.shown(text)} is no GeoJSON") from error
    return geometry if isinstance(geometry, dict) else {}


def _no_number(constant: str) -> float:
    raise ValueError(f"{constant} is no number of JSON")


def _place_of_point(point: object) -> Place:
    """As open-data portals write it: `47.56, 7.6` or `{"lat": 47.56, "lon": 7.6}`."""
    if isinstance(point, Mapping):
        latitude, longitude = (_number(point.get(name)) for name in ("lat", "lon"))
    else:
        parts = str(point).split(";" if ";" in str(point) else ",")
        latitude, longitude = (_number(part) for part in parts) if len(parts) == 2 else (None, None)  # noqa: PLR2004
    if latitude is None or longitude is None:
        raise RowRefused(f"the point {fields.shown(point)} is not latitude, longitude")
    return Place(latitude, longitude)


def _degrees(row: Row, name: str) -> float:
    value = _number(row.value(name))
    if value is None:
        raise RowRefused(f"{row.column(name)} is no number of degrees")
    return value


def _number(value: object) -> float | None:
    """A number, also as a text with a decimal comma; none where it is no number that degrees could be."""
    if isinstance(value, str):
        return float(value.strip().replace(",", ".")) if _DEGREES.fullmatch(value.strip()) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > MAX_DEGREES:
        return None
    return float(value)


def _position(position: object) -> tuple[float, float]:
    if not isinstance(position, list) or len(position) not in POSITION_LENGTHS:
        raise RowRefused("the coordinates are not [longitude, latitude]")
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in position):
        raise RowRefused("the coordinates are no numbers")
    if any(abs(value) > MAX_DEGREES for value in position):
        raise RowRefused("the coordinates are too large")
    return float(position[0]), float(position[1])


def _list(value: object, what: str) -> Sequence[object]:
    if not isinstance(value, list) or not value:
        raise RowRefused(f"the coordinates are no list of {what}")
    return value


def _polygon(rings: object) -> shapely.Polygon:
    """A first ring, and those of the holes in it."""
    found: list[list[tuple[float, float]]] = []
    for ring in _list(rings, "rings"):
        positions = [_position(position) for position in _list(ring, "positions")]
        if len(positions) < MIN_RING:
            raise RowRefused("a ring of the area has fewer than four positions")
        found.append(positions)
    try:
        return shapely.Polygon(found[0], found[1:])
    except (ShapelyError, ValueError) as error:
        raise RowRefused("the area has no surface") from error


def _on_surface(geometry: shapely.Geometry) -> Place:
    """A point within it, also where its outline crosses itself: to make that valid first may take minutes."""
    try:
        point = shapely.point_on_surface(geometry)
        longitude, latitude = float(point.x), float(point.y)
    except (ShapelyError, ValueError) as error:
        raise RowRefused("the area has no surface") from error
    return Place(latitude=latitude, longitude=longitude)
