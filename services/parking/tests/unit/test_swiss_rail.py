"""The railways' prices as rate lines."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from parking_kernel.opening_hours import Hours
from parking_kernel.periods import Period
from parking_kernel.pricing import price
from parking_kernel.tariffs import RateLine, Tariff
from parking_service.adapters.geojson.files import GeoJsonLotFiles
from parking_service.adapters.geojson.swiss_rail import CURRENCY
from parking_service.domain.errors import RowRefused
from parking_service.domain.import_options import ImportOptions
from parking_service.domain.imports import ImportRow, LotDraft
from parking_service.domain.spots import SpotType

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def feature(**changes: object) -> dict[str, Any]:
    properties = {
        "operator": "SBB",
        "displayName": "Suhr",
        "address": {"addressLine": "Bahnhofstrasse 3", "city": "Suhr", "postalCode": "5034"},
        "pricingModel": model(),
        "operationTime": {
            "operatingFrom": "06:00:00",
            "operatingTo": "00:00:00",
            "daysOfWeek": ["MONDAY", "SUNDAY"],
        },
        "capacities": [
            {"categoryType": "STANDARD", "total": 5},
            {"categoryType": "RESERVABLE_PARKING_SPACE", "total": 2},
            {"categoryType": "WITH_CHARGING_STATION", "total": 0},
        ],
        **changes,
    }
    return {"id": "x", "geometry": {"type": "Point", "coordinates": [8.08, 47.37]}, "properties": properties}


def model(shortest: int = 60, increment: int = 60, most: int | None = 500, *steps: tuple[int, int]) -> dict[str, Any]:
    segments = [{"startingFrom": starts, "price": price} for starts, price in steps or ((0, 100),)]
    return {
        "minimumDuration": shortest,
        "maximumDuration": 10_080,
        "maximumDayPrice": most,
        "viableIncrement": increment,
        "priceSegments": segments,
    }


def draft(**changes: object) -> LotDraft:
    return GeoJsonLotFiles("Europe/Zurich").draft(ImportRow(1, "x", feature(**changes)), ImportOptions())


def terms(*arguments: Any) -> Tariff:
    found = draft(pricingModel=model(*arguments)).terms
    assert found
    return found


def test_what_a_feature_says_is_taken_over() -> None:
    suhr = draft()
    assert (suhr.name, suhr.address) == ("Suhr", "Bahnhofstrasse 3, 5034 Suhr")
    assert suhr.capacity == {SpotType.STANDARD: 7}
    assert (suhr.time_zone, suhr.currency, suhr.description) == ("Europe/Zurich", "CHF", "Operated by SBB.")
    assert suhr.opening_hours
    assert suhr.opening_hours.week == ((Hours(360, 1440),), (), (), (), (), (), (Hours(360, 1440),))
    assert suhr.digest == draft().digest
    assert suhr.digest != draft(displayName="Rikon").digest


def test_digests_stay_what_the_first_version_made_of_them() -> None:
    assert draft().digest == "f305682c63352a4d19c74524557a8383d7b7883a33a9ec851793a5a6ce27cc5a"
    two_lines = draft(pricingModel=model(120, 60, 800, (0, 300), (60, 100)))
    assert two_lines.digest == "55b99e689eb62183132535c32e3f4162a313acb660da465598ab1ed490f34733"


@pytest.mark.parametrize(
    ("steps", "prices"),
    [
        # Suhr: a quarter of an hour free, then 25 Rappen for each.
        ((15, 15, 500, (0, 0), (15, 25)), {15: 0, 16: 25, 60: 75}),
        # Rüti ZH: "price per hour CHF 1.00", in half hours.
        ((30, 30, 1400, (0, 50), (60, 50)), {30: 50, 60: 100, 61: 150, 120: 200}),
        # Fribourg: five francs for the first hour, two for each further one.
        ((60, 60, 2000, (0, 500), (60, 200)), {1: 500, 60: 500, 61: 700, 180: 900}),
        # Herisau: hours that cost nothing in between.
        (
            (60, 60, 800, (0, 100), (180, 0), (240, 100), (360, 0), (660, 100)),
            {180: 300, 240: 300, 360: 500, 660: 500, 661: 600},
        ),
        # Arth-Goldau: the shortest ticket is one for four hours.
        ((240, 60, 800, (0, 100)), {1: 400, 240: 400, 241: 500}),
        # The shortest ticket ends within the second segment.
        ((120, 60, 800, (0, 300), (60, 100)), {1: 400, 120: 400, 121: 500}),
    ],
)
def test_segments_become_lines(steps: tuple[Any, ...], prices: dict[int, int]) -> None:
    lines = terms(*steps).lines
    assert {minutes: price_of(lines, minutes) for minutes in prices} == prices


def price_of(lines: tuple[RateLine, ...], minutes: int) -> int:
    stay = Period(START, START + timedelta(minutes=minutes))
    return price(Tariff(CURRENCY, lines), stay, ZoneInfo("Europe/Zurich")).total.amount


def test_the_day_price_caps_24_hours_and_may_be_missing() -> None:
    assert [(cap.per.value, cap.amount) for cap in terms().caps] == [("24h", 500)]
    assert terms(5, 5, None, (0, 0)).caps == ()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"capacities": []}, "the capacity is missing"),
        ({"capacities": [{"categoryType": "STANDARD", "total": None}]}, "total is missing"),
        ({"capacities": [{"categoryType": "STANDARD", "total": -1}]}, "the capacity of STANDARD is negative"),
        ({"capacities": [{"categoryType": "STANDARD", "total": 0}]}, "the capacity is zero"),
        ({"capacities": [{"categoryType": "BOAT", "total": 1}]}, "the category 'BOAT' is unknown"),
        ({"pricingModel": None}, "pricingModel is missing"),
        ({"pricingModel": model(60, 0)}, "viableIncrement is not above zero"),
        ({"pricingModel": model(60, 60, 500, (30, 100))}, "tariff/lines/0/from_minutes: must be 0"),
        ({"pricingModel": model(60, 60, 500, (0, -100))}, "tariff/lines/0/amount"),
        ({"pricingModel": model(120, 60, 500, (30, 100))}, "tariff/lines/0/from_minutes: must be 0"),
        ({"pricingModel": model(10**9, 60)}, "minimumDuration is longer than a year"),
        ({"pricingModel": {**model(), "priceSegments": []}}, "priceSegments are missing"),
        ({"operationTime": {"operatingFrom": "25:00:00", "operatingTo": "26:00:00", "daysOfWeek": ["MONDAY"]}}, "time"),
        ({"operationTime": {"operatingFrom": "06:00", "operatingTo": "07:00", "daysOfWeek": ["MON"]}}, "weekdays"),
        ({"displayName": ""}, "the name is missing"),
    ],
)
def test_what_makes_no_sense_is_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(RowRefused, match=reason):
        draft(**changes)
