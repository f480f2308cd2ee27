"""The 649 lots that the Swiss railways publish, as the kernel's tariffs and opening hours; what is asked of each.

`golden/swiss_lots.csv` holds what parking's importer and opening hours and reservation's stepwise pricer answered
before there was a kernel. This reads the same out of a feature as the importer does, in few words: that a golden row
holds shows that both read alike.
"""

import csv
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import cycle, pairwise
from pathlib import Path
from typing import Any, NamedTuple

from libs.kernel.tests.examples import ZURICH

from parking_kernel.opening_hours import WEEKDAYS, OpeningHours, opening_hours
from parking_kernel.periods import Period
from parking_kernel.pricing import Price, price
from parking_kernel.rates import price_of
from parking_kernel.tariffs import Cap, CapPeriod, LineType, RateLine, Tariff

GOLDEN = Path(__file__).parent / "golden" / "swiss_lots.csv"
FILE = Path("real", "swiss_rail_parking_rates.geojson")
FILE_SHA256 = "0629c8de4d3d9ff21a99bd0e80f5679dfef412ea036d1c2130e369e862816074"
"""Of the file that the golden answers were made from."""

_STARTS = [
    datetime(2026, 3, 2, 8, tzinfo=ZURICH),
    datetime(2026, 3, 27, 17, 30, 15, tzinfo=ZURICH),
    datetime(2026, 10, 23, 22, 10, tzinfo=ZURICH),
    datetime(2026, 7, 15, 6, 59, 30, 250, tzinfo=ZURICH),
]
_MINUTES = [
    *(1, 5, 15, 16, 30, 31, 45, 60, 61, 90, 119, 120, 121, 150, 180, 181, 239, 240, 241, 300, 301, 360, 361, 420, 480),
    *(540, 600, 601, 660, 661, 720, 721, 1439, 1440, 1441, 1500, 2160, 2880, 2881, 4320, 4321, 10_080, 10_081, 44_640),
]
STAYS = [
    Period(start, start.astimezone(UTC) + timedelta(minutes=minutes))
    for start, minutes in zip(cycle(_STARTS), _MINUTES, strict=False)
]
INSTANTS = [
    first + number * timedelta(minutes=97)
    for first, count in (
        (datetime(2026, 3, 1, 23, 0, tzinfo=UTC), 105),  # a week
        (datetime(2026, 3, 28, 20, 45, tzinfo=UTC), 6),  # the night the clocks go forward
        (datetime(2026, 10, 24, 20, 45, tzinfo=UTC), 6),  # and back
    )
    for number in range(count)
]


class Lot(NamedTuple):
    """What a feature says of a lot, as far as the kernel cares."""

    tariff: Tariff
    hours: OpeningHours | None


class Answers(NamedTuple):
    """What a lot answers: the sum of all stays in Rappen, a digest of their lines, and at which instants it is open."""

    total: str
    lines: str
    open_at: str
    open_during: str


def golden() -> list[Answers]:
    with GOLDEN.open(newline="") as file:
        return [Answers(*row[1:]) for row in list(csv.reader(file))[1:]]


def read(document: Path) -> Iterator[Lot]:
    for feature in json.loads(document.read_text())["features"]:
        properties = feature["properties"]
        yield Lot(_tariff(properties["pricingModel"]), _hours(properties.get("operationTime")))


def answers(lot: Lot) -> Answers:
    prices = _prices(lot.tariff)
    total = sum(each.total.amount for each in prices)
    hours = lot.hours
    at = [hours is None or hours.is_open_at(instant, ZURICH) for instant in INSTANTS]
    during = [hours is None or hours.is_open_during(stay, ZURICH) for stay in STAYS]
    return Answers(str(total), digest(prices), bits(at), bits(during))


@cache
def _prices(tariff: Tariff) -> Sequence[Price]:
    return [price(tariff, stay, ZURICH) for stay in STAYS]


def digest(prices: Sequence[Any]) -> str:
    """Of every line item, total and tax of some prices, whichever code made them."""
    plain = [
        [[item.label, item.kind, item.amount] for item in each.line_items] + [[each.total.amount, each.tax.amount]]
        for each in prices
    ]
    return hashlib.sha256(json.dumps(plain).encode()).hexdigest()[:12]


def bits(answered: Sequence[bool]) -> str:
    """`always`, or a binary digit for each answer, written in hexadecimal ones."""
    return "always" if all(answered) else f"{int(''.join(str(int(each)) for each in answered), 2):x}"


def _tariff(model: Mapping[str, Any]) -> Tariff:
    increment, shortest, most = (model[name] for name in ("viableIncrement", "minimumDuration", "maximumDayPrice"))
    prices = {segment["startingFrom"]: segment["price"] for segment in model["priceSegments"]}
    lines = [
        RateLine(0, LineType.INCREMENTING, starts, ends, increment, prices[starts])
        for starts, ends in pairwise([*sorted(prices), None])
        if starts is not None
    ]
    if shortest > increment:  # the shortest ticket has the price that the lines ask for it
        ticket = RateLine(0, LineType.FLAT, 0, shortest, None, price_of(lines, shortest))
        behind = [each for each in lines if each.to_minutes is None or each.to_minutes > shortest]
        lines = [ticket, *(replace(each, from_minutes=max(each.from_minutes, shortest)) for each in behind)]
    caps = () if most is None else (Cap(CapPeriod.TWENTY_FOUR_HOURS, most),)
    return Tariff("CHF", tuple(lines), caps=caps)


def _hours(said: Mapping[str, Any] | None) -> OpeningHours | None:
    if said is None:
        return None
    opens, closes = said["operatingFrom"][:5], said["operatingTo"][:5]
    if opens == closes:
        opens, closes = "00:00", "24:00"
    elif closes == "00:00":
        closes = "24:00"
    days = [name[:3].lower() for name in said["daysOfWeek"]]
    if (opens, closes, len(days)) == ("00:00", "24:00", len(WEEKDAYS)):
        return None
    return opening_hours({day: [(opens, closes)] for day in days}, [], "")
