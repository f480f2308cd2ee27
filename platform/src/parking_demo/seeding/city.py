"""The car parks of the demonstration: what `platform/demo` says of them."""

import csv
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from parking_kernel.opening_hours import WEEKDAYS, OpeningHours, opening_hours
from parking_kernel.tariffs import Tariff, tariff_of
from parking_platform.programs import CHECKOUT
from parking_service.domain.spots import PREFIXES, PlanPosition, SpotPlan, SpotType
from parking_service.domain.values import Place

FOLDER: Final = CHECKOUT / "platform" / "demo"
ZONE: Final = ZoneInfo("Europe/Berlin")
SATURDAY: Final = 6
ROW: Final = 20
SPOT_WIDTH: Final = 2.5
WIDE: Final = 3.5
SPOT_LENGTH: Final = 5.0
AISLE: Final = 6.0

Curve = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Customs:
    """How people use a kind of car park: how full it is by the local hour, and the stays that they book in hours."""

    weekday: Curve
    saturday: Curve
    sunday: Curve
    stays: Sequence[int]

    def share(self, at: datetime) -> float:
        """Which share of the spots cars want at an instant; above 1 some wait."""
        local = at.astimezone(ZONE)
        curve = {SATURDAY: self.saturday, SATURDAY + 1: self.sunday}.get(local.isoweekday(), self.weekday)
        hour = local.hour + local.minute / 60
        for (since, low), (until, high) in pairwise(curve):
            if hour <= until:
                return low + (high - low) * (hour - since) / (until - since)
        raise ValueError("a curve ends at 24 hours")


@dataclass(frozen=True, slots=True)
class CarPark:
    """One line of the file. The spots are the part of the car park that can be booked."""

    name: str
    address: str
    place: Place
    capacity: Mapping[SpotType, int]
    opening_hours: OpeningHours | None
    terms: Tariff
    customs: Customs

    @property
    def total_spots(self) -> int:
        """How many spots it has."""
        return sum(self.capacity.values())

    def is_open(self, at: datetime) -> bool:
        """Whether cars can drive in then."""
        return self.opening_hours is None or self.opening_hours.is_open_at(at, ZONE)

    def spots(self) -> list[SpotPlan]:
        """Its numbered spots, in rows of twenty."""
        types = [spot_type for spot_type, count in self.capacity.items() for _ in range(count)]
        numbers = [number for count in self.capacity.values() for number in range(1, count + 1)]
        return [_spot(index, *each) for index, each in enumerate(zip(types, numbers, strict=True))]


def car_parks(folder: Path = FOLDER) -> list[CarPark]:
    """All car parks, in the order of the file."""
    shared = tomllib.loads((folder / "berlin.toml").read_text())
    with (folder / "berlin.csv").open(newline="") as file:
        return [_car_park(row, shared) for row in csv.DictReader(file)]


def _car_park(row: Mapping[str, str], shared: Mapping[str, Any]) -> CarPark:
    kind = row["tariff"]
    types = (SpotType.STANDARD, SpotType.ACCESSIBLE, SpotType.EV_CHARGING)
    return CarPark(
        name=row["name"],
        address=row["address"],
        place=Place(float(row["latitude"]), float(row["longitude"])),
        capacity={each: int(row[each.value]) for each in types if int(row[each.value])},
        opening_hours=_hours(shared["hours"][row["hours"]]),
        terms=_terms(shared["tariffs"][kind]),
        customs=Customs(**shared["customs"][kind]),
    )


def _hours(written: Mapping[str, Any]) -> OpeningHours | None:
    if not written:
        return None
    names = {**dict.fromkeys(WEEKDAYS[:5], "weekdays"), "sat": "saturday", "sun": "sunday"}
    return opening_hours({day: written.get(name, ()) for day, name in names.items()}, (), "/opening_hours")


def _terms(written: Mapping[str, Any]) -> Tariff:
    """The API's form with what the file leaves out, because it is the same everywhere: German VAT within the price."""
    bands = [
        {"weekdays": each["weekdays"], "starts": each["from"], "ends": each["to"], "lines": _lines(each["lines"])}
        for each in written.get("time_bands", ())
    ]
    usual = {"currency": "EUR", "tax": {"rate_basis_points": 1900, "included": True}, "rounding_minutes": 0}
    return tariff_of(
        {**usual, "free_minutes": 0, "caps": (), **written, "lines": _lines(written["lines"]), "time_bands": bands}
    )


def _lines(written: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    open_ends = {"to_minutes": None, "increment_minutes": None}
    return [{"sequence": sequence, **open_ends, **line} for sequence, line in enumerate(written, start=1)]


def _spot(index: int, spot_type: SpotType, number: int) -> SpotPlan:
    row, column = divmod(index, ROW)
    return SpotPlan(
        number=f"{PREFIXES[spot_type]}{number:03}",
        type=spot_type,
        width=WIDE if spot_type is SpotType.ACCESSIBLE else SPOT_WIDTH,
        length=SPOT_LENGTH,
        position=PlanPosition(column * WIDE, row * (SPOT_LENGTH + AISLE)),
    )
