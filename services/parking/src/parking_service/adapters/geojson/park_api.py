"""Lots as ParkenDD's sources describe them: id, name, address, capacity; neither prices, hours nor a zone."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from parking_service.adapters.geojson import fields
from parking_service.domain.imports import LotDraft
from parking_service.domain.spots import SpotType

AMENITIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"garage": ("covered",), "underground": ("covered", "underground")}
)


def is_of_park_api(properties: Mapping[str, Any]) -> bool:
    """Whether a feature has this shape."""
    return "capacity" in properties


def draft_of_park_api(feature: Mapping[str, Any], source_id: str, time_zone: str, currency: str | None) -> LotDraft:
    """The lot of a feature; it gets its organization's default tariff. Raises `RowRefused`."""
    properties = fields.mapping(feature, "properties")
    name = fields.text(properties, "name")
    return LotDraft(
        source_id=source_id,
        name=name,
        description=None,
        address=fields.text(properties, "address") or name,  # a few sources know no street
        place=fields.place(feature),
        time_zone=time_zone,
        capacity={SpotType.STANDARD: fields.whole(properties, "capacity")},
        amenities=AMENITIES.get(fields.text(properties, "type"), ()),
        opening_hours=None,
        currency=currency,
        terms=None,
    )
