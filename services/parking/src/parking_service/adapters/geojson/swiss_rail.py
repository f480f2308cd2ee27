"""Car parks as the Swiss railways publish them, with capacities, hours and prices.

Prices: a segment asks its `price` in Rappen for each `viableIncrement` begun, from `startingFrom` elapsed minutes on.
The file says so itself: at Rüti ZH 50 for each 30 minutes stand beside the words "price per hour CHF 1.00". Where the
shortest ticket (`minimumDuration`) is longer than an increment, its price is a flat one. `maximumDayPrice` caps 24
hours and not a date: everything else in the model counts elapsed minutes, and its longest tickets are multiples of 24
hours. `maximumDuration` limits the stay, not its price, and passes for months and years are no prices of a stay: both
are left out. The amounts are what is paid, so tax is included; its rate is not in the file.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from parking_kernel.opening_hours import OpeningHours, Texts, opening_hours
from parking_kernel.periods import Period
from parking_kernel.pricing import price
from parking_kernel.tariff_rules import check_tariff
from parking_kernel.tariffs import Cap, CapPeriod, LineType, RateLine, Tariff
from parking_kernel.violations import InvalidFields
from parking_service.adapters.geojson import fields
from parking_service.adapters.geojson.columns import Row
from parking_service.adapters.geojson.places import place_of
from parking_service.domain.errors import RowRefused
from parking_service.domain.import_options import ImportOptions
from parking_service.domain.imports import LotDraft
from parking_service.domain.spots import SpotType

CURRENCY = "CHF"
TIME_ZONE = "Europe/Zurich"
WHOLE_DAY: Texts = ("00:00", "24:00")
MAX_SHORTEST_STAY = 366 * 24 * 60
# Without time bands and caps every stay of a length costs the same.
SOME_DAY, ANY_ZONE = datetime(2026, 1, 1, tzinfo=UTC), ZoneInfo("UTC")

# A reservable space is an ordinary one that the railways let reserve; here every spot can be.
SPOT_TYPES: Mapping[str, SpotType] = MappingProxyType(
    {
        "STANDARD": SpotType.STANDARD,
        "RESERVABLE_PARKING_SPACE": SpotType.STANDARD,
        "DISABLED_PARKING_SPACE": SpotType.ACCESSIBLE,
        "WITH_CHARGING_STATION": SpotType.EV_CHARGING,
    }
)
READ = frozenset(
    {
        *("displayName", "operator", "publicAccess", "address", "pricingModel", "operationTime", "capacities"),
        *("additionalInformationForCustomers", "parkingFacilityType"),
    }
)
READ_OF_PRICES = frozenset({"minimumDuration", "maximumDayPrice", "viableIncrement", "priceSegments"})
WEEKDAYS: Mapping[str, str] = MappingProxyType(
    {
        "MONDAY": "mon",
        "TUESDAY": "tue",
        "WEDNESDAY": "wed",
        "THURSDAY": "thu",
        "FRIDAY": "fri",
        "SATURDAY": "sat",
        "SUNDAY": "sun",
    }
)


def is_of_swiss_rail(properties: Mapping[str, Any]) -> bool:
    """Whether a feature has this shape."""
    return "pricingModel" in properties or "capacities" in properties


def draft_of_swiss_rail(feature: Mapping[str, Any], source_id: str, options: ImportOptions) -> LotDraft:
    """The lot of a feature. Raises `RowRefused`."""
    properties = fields.mapping(feature, "properties")
    if properties.get("publicAccess") is False:
        raise RowRefused("publicAccess: 'false' is not open to the public")
    capacity = _capacity(properties)
    amenities = ["park_and_ride"] if properties.get("parkingFacilityType") == "PARK_AND_RAIL" else []
    if capacity.get(SpotType.EV_CHARGING):
        amenities.append("ev_charging")
    if capacity.get(SpotType.ACCESSIBLE):
        amenities.append("accessible")
    return LotDraft(
        source_id=source_id,
        name=fields.text(properties, "displayName"),
        description=_description(properties),
        address=_address(properties),
        place=place_of(feature, Row(properties, {})),
        time_zone=TIME_ZONE,
        capacity=capacity,
        amenities=tuple(amenities),
        opening_hours=_hours(properties),
        currency=CURRENCY,
        terms=_terms(fields.mapping(properties, "pricingModel")),
        source=options.source,
        not_honoured=tuple(_not_honoured(properties)),
    )


def _not_honoured(properties: Mapping[str, Any]) -> Iterator[str]:
    """What is said of a car park or of its prices and is no part of the lot."""
    yield from Row(properties, {}).not_read(READ)
    model = Row(fields.mapping(properties, "pricingModel"), {})
    yield from (f"pricingModel.{name}" for name in model.not_read(READ_OF_PRICES))


def _description(properties: Mapping[str, Any]) -> str | None:
    operator = fields.text(properties, "operator")
    notes = properties.get("additionalInformationForCustomers")
    sentences = [f"Operated by {operator}."] if operator else []
    if isinstance(notes, Mapping):
        sentences.append(fields.text(notes, "enText") or fields.text(notes, "deText"))
    return " ".join(filter(None, sentences))[: fields.MAX_DESCRIPTION] or None


def _address(properties: Mapping[str, Any]) -> str:
    address = fields.mapping(properties, "address")
    town = " ".join(filter(None, (fields.text(address, "postalCode"), fields.text(address, "city"))))
    return ", ".join(filter(None, (fields.text(address, "addressLine"), town)))


def _capacity(properties: Mapping[str, Any]) -> dict[SpotType, int]:
    categories = properties.get("capacities")
    if not isinstance(categories, list) or not categories:
        raise RowRefused("the capacity is missing")
    counts: dict[SpotType, int] = {}
    for category in categories:
        if not isinstance(category, Mapping):
            raise RowRefused("a capacity is no object")
        name = fields.text(category, "categoryType")
        if name not in SPOT_TYPES:
            raise RowRefused(f"the category {name[: fields.MAX_SHOWN]!r} is unknown")
        count = fields.whole(category, "total")
        if count < 0:
            raise RowRefused(f"the capacity of {name} is negative")
        counts[SPOT_TYPES[name]] = counts.get(SPOT_TYPES[name], 0) + count
    return {spot_type: count for spot_type, count in counts.items() if count}


def _hours(properties: Mapping[str, Any]) -> OpeningHours | None:
    if properties.get("operationTime") is None:
        return None
    operation = fields.mapping(properties, "operationTime")
    opens, closes = (fields.text(operation, name)[:5] for name in ("operatingFrom", "operatingTo"))
    texts: Texts = WHOLE_DAY if opens == closes else (opens, "24:00" if closes == "00:00" else closes)
    names = operation.get("daysOfWeek")
    if not isinstance(names, list) or any(not isinstance(name, str) or name not in WEEKDAYS for name in names):
        raise RowRefused("daysOfWeek is no list of weekdays")
    if texts == WHOLE_DAY and len(names) == len(WEEKDAYS):
        return None
    try:
        return opening_hours({WEEKDAYS[name]: [texts] for name in names}, [], "operationTime")
    except InvalidFields as error:
        raise RowRefused(str(error)) from error


def _terms(model: Mapping[str, Any]) -> Tariff:
    increment, shortest = fields.whole(model, "viableIncrement"), fields.whole(model, "minimumDuration")
    if increment <= 0:
        raise RowRefused("viableIncrement is not above zero")
    try:
        lines = _with_shortest_stay(_lines(model, increment), shortest, increment)
    except InvalidFields as error:
        raise RowRefused(str(error)) from error
    most = model.get("maximumDayPrice")
    caps = (Cap(CapPeriod.TWENTY_FOUR_HOURS, fields.whole(model, "maximumDayPrice")),) if most is not None else ()
    return Tariff(CURRENCY, tuple(lines), caps=caps)


def _lines(model: Mapping[str, Any], increment: int) -> list[RateLine]:
    segments = fields.objects(model, "priceSegments", "a price segment")
    steps: list[tuple[int, int]] = sorted(
        (fields.whole(segment, "startingFrom"), fields.whole(segment, "price")) for segment in segments
    )
    ends: Sequence[int | None] = [*(later for _, (later, _) in pairwise(steps)), None]
    return [
        RateLine(number, LineType.INCREMENTING, starts, to, increment, price)
        for number, ((starts, price), to) in enumerate(zip(steps, ends, strict=True), start=1)
    ]


def _with_shortest_stay(lines: list[RateLine], shortest: int, increment: int) -> list[RateLine]:
    """The shortest ticket in front, at the price that the lines ask for it, and what of the lines lies behind it."""
    if shortest <= increment:
        return lines
    if shortest > MAX_SHORTEST_STAY:
        raise RowRefused("minimumDuration is longer than a year")
    asked = check_tariff(Tariff(CURRENCY, tuple(lines)), "tariff")
    stay = Period(SOME_DAY, SOME_DAY + timedelta(minutes=shortest))
    ticket = RateLine(1, LineType.FLAT, 0, shortest, None, price(asked, stay, ANY_ZONE).total.amount)
    behind = [line for line in lines if line.to_minutes is None or line.to_minutes > shortest]
    return [
        ticket,
        *(
            RateLine(number, line.type, max(line.from_minutes, shortest), line.to_minutes, increment, line.amount)
            for number, line in enumerate(behind, start=2)
        ),
    ]
