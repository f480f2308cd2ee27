"""Lots as most files describe them: id, name, place, capacity; no prices and no zone.

ParkenDD's sources, OpenStreetMap's tags, cities' tables: their columns have other names and mean the same. What a row
says that a lot cannot be is a reason to refuse it, and what a lot does not keep is named, so that it can be counted.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from parking_service.adapters.geojson import fields
from parking_service.adapters.geojson.columns import Row, folded
from parking_service.adapters.geojson.osm_hours import hours_of
from parking_service.adapters.geojson.places import place_of
from parking_service.domain.errors import RowRefused
from parking_service.domain.import_options import ImportOptions
from parking_service.domain.imports import LotDraft
from parking_service.domain.spots import SpotType

COVERED, UNDERGROUND = ("covered",), ("covered", "underground")
AMENITIES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        **dict.fromkeys(("garage", "car_park", "parkhaus", "multi_storey"), COVERED),
        **dict.fromkeys(("underground", "tiefgarage"), UNDERGROUND),
        # Known, and nothing that a lot could offer. The last are kinds of OSM's objects, not of car parks.
        **dict.fromkeys(("lot", "level", "parkplatz", "surface", "off_street_parking_ground", "street_side"), ()),
        **dict.fromkeys(("street", "on_street", "strasse", "lane", "unknown"), ()),
        **dict.fromkeys(("node", "way", "relation", "multipolygon"), ()),
    }
)
FOR_CARS: Final = frozenset({"car", "cars", "motorcar", "pkw", "auto", "all"})
NOT_FOR_CARS: Final = frozenset(
    {
        *("bike", "bikes", "bicycle", "bicycles", "bicycle_parking", "fahrrad", "velo"),
        *("wall_loops", "safe_wall_loops", "stands", "lockers", "lockbox", "two_tier", "shed"),
        *("motorcycle", "motorcycles", "motorcycle_parking", "motorrad", "truck", "trucks", "lkw", "hgv"),
        *("bus", "buses", "coach", "taxi", "boat"),
    }
)
PUBLIC: Final = frozenset({"yes", "public", "permissive", "true", "oeffentlich", "offentlich"})
NO_CARS: Final = frozenset({"no", "private"})
NO_LIMIT: Final = frozenset({"no", "none", "unlimited"})
"""Of `maxstay`: what says that there is none."""


def draft_of_plain_row(feature: Mapping[str, Any], source_id: str, options: ImportOptions, time_zone: str) -> LotDraft:
    """The lot of a feature; without prices in the request it is a draft. Raises `RowRefused`."""
    row = Row(fields.mapping(feature, "properties"), options.columns)
    _check_for_public_cars(row)
    row.value("id")
    name = row.text("name")
    hours, left_out = hours_of(row.text("opening_hours")) if row.text("opening_hours") else (None, ())
    capacity = _capacity(row)
    return LotDraft(
        source_id=source_id,
        name=name,
        description=_description(row),
        address=_address(row) or name,  # a few sources know no street
        place=place_of(feature, row),
        time_zone=time_zone,
        capacity=capacity,
        amenities=_amenities(row, capacity),
        opening_hours=hours,
        currency=options.currency,
        terms=options.terms,
        source=options.source,
        not_honoured=(*left_out, *row.not_read(list(_without_limit(row)))),
    )


def _check_for_public_cars(row: Row) -> None:
    """Raise `RowRefused` for what is not for cars, or not for everybody's."""
    amenity = row.raw("amenity")
    if amenity and amenity != "parking":
        raise RowRefused(f"amenity: {fields.shown(amenity)} is no car park")
    purpose, kind, access = (_said(row, name) for name in ("purpose", "type", "access"))
    if purpose and folded(purpose) not in FOR_CARS:
        raise RowRefused(f"{row.column('purpose')}: {fields.shown(purpose)} is not for cars")
    if kind and folded(kind) in NOT_FOR_CARS:
        raise RowRefused(f"{row.column('type')}: {fields.shown(kind)} is not for cars")
    if access and folded(access) not in PUBLIC:
        raise RowRefused(f"{row.column('access')}: {fields.shown(access)} is not open to the public")
    for column in ("motorcar", "motor_vehicle", "vehicle"):
        if (allowed := row.raw(column)) in NO_CARS:
            raise RowRefused(f"{column}: {fields.shown(allowed)} is not open to cars of the public")


def _said(row: Row, name: str) -> str:
    value = row.value(name)
    return ("yes" if value else "no") if isinstance(value, bool) else row.text(name)


def _description(row: Row) -> str | None:
    said = row.value("description")
    return (row.text("description")[: fields.MAX_DESCRIPTION] if isinstance(said, str) else "") or None


def _address(row: Row) -> str:
    """As one text, or in OpenStreetMap's parts."""
    street = " ".join(filter(None, (row.raw("addr:street", "addr:place"), row.raw("addr:housenumber"))))
    town = " ".join(filter(None, (row.raw("addr:postcode"), row.raw("addr:city"))))
    return row.text("address") or ", ".join(filter(None, (street, town)))


def _capacity(row: Row) -> dict[SpotType, int]:
    """The spots by type: those for the disabled and with a charger are among the capacity, as OSM counts them."""
    column = row.column("capacity")
    if column is None:
        raise RowRefused("the capacity is missing")
    row.value("capacity")
    total = fields.whole(row.properties, column)
    parts = {
        SpotType.ACCESSIBLE: _part(row, "capacity_accessible"),
        SpotType.EV_CHARGING: _part(row, "capacity_charging"),
    }
    standard = total - sum(parts.values())
    if standard < 0 < total:
        raise RowRefused(f"the capacity of {total} is less than what is said of its parts")
    known = {spot_type: count for spot_type, count in parts.items() if count}
    return {SpotType.STANDARD: standard, **known} if standard or not known else known


def _part(row: Row, name: str) -> int:
    """How many; `yes` is no number, and counted among what is not honoured."""
    value, column = row.value(name), row.column(name)
    if value is None or column is None:
        return 0
    try:
        return max(fields.whole(row.properties, column), 0)
    except RowRefused:
        row.unread(name)
        return 0


def _amenities(row: Row, capacity: Mapping[SpotType, int]) -> tuple[str, ...]:
    kind = folded(_said(row, "type"))
    if kind and kind not in AMENITIES:
        row.unread("type")
    more = {SpotType.ACCESSIBLE: "accessible", SpotType.EV_CHARGING: "ev_charging"}
    return (*AMENITIES.get(kind, ()), *(more[spot_type] for spot_type in more if capacity.get(spot_type)))


def _without_limit(row: Row) -> Iterator[str]:
    if str(row.properties.get("maxstay")) in NO_LIMIT:
        yield "maxstay"
