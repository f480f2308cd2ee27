"""Values that several bodies hold, as clients write them."""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field, Strict, StringConstraints

from parking_chassis.error_words import pattern
from parking_chassis.schemas import CURRENCY, Line, Lines, RequestBody, WithoutShownDefaults
from parking_kernel.opening_hours import WEEKDAYS, OpeningHours, opening_hours
from parking_service.domain.values import Place


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not contain the NUL character")
    return text


def _distinct(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(words)))


Storable = AfterValidator(_storable)
Name = Annotated[Line, StringConstraints(min_length=1, max_length=200)]
Address = Annotated[Line, StringConstraints(min_length=1, max_length=300)]
Description = Annotated[Lines, StringConstraints(max_length=2000)]
ZoneName = Annotated[Line, StringConstraints(min_length=1, max_length=64)]
AMENITY = pattern("^[a-z][a-z0-9_]*$", "must be a word such as ev_charging: small letters, digits and _")
Amenity = Annotated[str, StringConstraints(pattern=AMENITY, max_length=64)]
Amenities = Annotated[tuple[Amenity, ...], Field(max_length=50), AfterValidator(_distinct)]
Currency = Annotated[str, StringConstraints(pattern=CURRENCY)]
Amount = Annotated[int, Field(strict=True, ge=0, le=10**9, description="minor units: 1250 is 12.50 EUR")]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False, examples=[47.3769])]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False, examples=[8.5417])]


class MoneyBody(RequestBody):
    """An amount in minor units."""

    amount: Amount
    currency: Currency


class PlaceBody(RequestBody):
    """A point on the earth in degrees (WGS 84)."""

    latitude: Annotated[Latitude, Strict()]
    longitude: Annotated[Longitude, Strict()]

    def place(self) -> Place:
        """The domain's value."""
        return Place(self.latitude, self.longitude)


TIME_OF_DAY = "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
# Only documented: the domain checks it, in better words.
TimeOfDay = Annotated[str, Field(json_schema_extra={"pattern": TIME_OF_DAY})]
Interval = Annotated[
    tuple[TimeOfDay, TimeOfDay], Field(description="from and to, `HH:MM`; a `to` not later lies on the next day")
]
DayHours = Annotated[tuple[Interval, ...], Field(max_length=20)]


class ExceptionalDayBody(RequestBody):
    """A date whose hours replace the weekday's; without hours the lot is shut."""

    date: date
    hours: DayHours


class OpeningHoursBody(WithoutShownDefaults):
    """The hours of each weekday in the lot's own zone. A weekday without hours is shut."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"mon": [["06:00", "24:00"]], "tue": [["22:00", "04:00"]]}]}
    )

    mon: DayHours = ()
    tue: DayHours = ()
    wed: DayHours = ()
    thu: DayHours = ()
    fri: DayHours = ()
    sat: DayHours = ()
    sun: DayHours = ()
    exceptions: Annotated[tuple[ExceptionalDayBody, ...], Field(max_length=500)] = ()

    def hours(self, pointer: str = "") -> OpeningHours:
        """The domain's value. Raises `InvalidFields`."""
        week = {name: getattr(self, name) for name in WEEKDAYS}
        return opening_hours(week, [(each.date, each.hours) for each in self.exceptions], pointer)
