"""Tariffs as clients write and read them."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, ConfigDict, Field, StrictBool, StrictInt
from pydantic.config import JsonDict

from parking_chassis.schemas import RequestBody, ResponseBody, open_words
from parking_kernel.new_tariffs import Confirmation
from parking_kernel.tariff_rules import MAX_AMOUNT, MAX_FREE_MINUTES
from parking_kernel.tariffs import (
    NO_TAX,
    Cap,
    CapPeriod,
    LineType,
    MinimumRule,
    RateLine,
    Tariff,
    Tax,
    TimeBand,
    tax_of,
)
from parking_service.domain.tariffs import TariffState
from parking_service.entrypoints.http.values import Currency

PPM_OF_PERCENT = 10_000
MAX_LINES = 20
MAX_TIME_BANDS = 14
MOST_MINUTES = 10**7
Minutes = Annotated[int, Field(strict=True, ge=-MOST_MINUTES, le=MOST_MINUTES)]


def shown(least: int, largest: int) -> JsonDict:
    """Limits for readers of the document. The kernel checks them, and says more of what is wrong."""
    return {"minimum": least, "maximum": largest}


MinorUnits = Annotated[
    int,
    Field(
        strict=True,
        description="minor units: 1250 is 12.50 EUR",
        json_schema_extra=shown(0, MAX_AMOUNT),
    ),
]


class RateLineBody(RequestBody):
    """A price for a stretch of elapsed minutes; no `to_minutes` means without end."""

    sequence: Annotated[int, Field(strict=True, ge=0, le=1000, description="counts up from line to line")]
    type: LineType
    from_minutes: Annotated[
        Minutes,
        Field(
            description="minutes from the start of the stay; 0 in the first line, else where the line before ends",
            json_schema_extra=shown(0, MOST_MINUTES),
        ),
    ]
    to_minutes: Annotated[
        Annotated[Minutes, Field(json_schema_extra=shown(1, MOST_MINUTES))] | None,
        Field(description="the first minute behind the stretch; null is without end"),
    ] = None
    increment_minutes: Annotated[
        Annotated[Minutes, Field(json_schema_extra=shown(1, MOST_MINUTES))] | None,
        Field(description="how many minutes the amount is for; required in an `incrementing` line, and only there"),
    ] = None
    amount: MinorUnits

    def line(self) -> RateLine:
        """The domain's value."""
        return RateLine(
            self.sequence, self.type, self.from_minutes, self.to_minutes, self.increment_minutes, self.amount
        )


Lines = Annotated[list[RateLineBody], Field(max_length=MAX_LINES, json_schema_extra={"minItems": 1})]


class CapBody(RequestBody):
    """The most that a period costs."""

    per: CapPeriod
    amount: MinorUnits


TIME_OF_DAY: JsonDict = {"pattern": "^[0-9]{2}:[0-9]{2}$"}
"""For readers of the document. The kernel checks it, and says more of what is wrong."""


class TimeBandBody(RequestBody):
    """Lines that hold on some weekdays (1 is Monday) from one local time to another."""

    weekdays: Annotated[
        list[Annotated[StrictInt, Field(json_schema_extra=shown(1, 7))]],
        Field(max_length=7, json_schema_extra={"minItems": 1, "uniqueItems": True}),
    ]
    starts: Annotated[str, Field(alias="from", max_length=5, json_schema_extra=TIME_OF_DAY)]
    ends: Annotated[str, Field(alias="to", max_length=5, json_schema_extra=TIME_OF_DAY)]
    lines: Lines

    def band(self) -> TimeBand:
        """The domain's value."""
        return TimeBand(tuple(sorted(self.weekdays)), self.starts, self.ends, tuple(each.line() for each in self.lines))


def _is_a_number(value: object) -> object:
    if type(value) not in {int, float, Decimal}:
        raise ValueError("must be a number")
    return value


# `strict` would take nothing but a `Decimal`, which JSON has not.
Percent = Annotated[
    Decimal,
    Field(
        decimal_places=4,
        max_digits=7,
        description="percent, of up to four decimals: 8.1 is 8.1 %",
        json_schema_extra=shown(0, 100),
    ),
    BeforeValidator(_is_a_number, json_schema_input_type=float),
]


def tax_of_percent(rate: Decimal, *, included: bool = True) -> Tax:
    """The domain's value of a rate of at most four decimals."""
    return tax_of(int(rate * PPM_OF_PERCENT), included=included)


class TaxBody(RequestBody):
    """The tax on the price, of up to four decimals, and whether the amounts include it."""

    rate_percent: Percent
    included: StrictBool = True

    def tax(self) -> Tax:
        """The domain's value."""
        return tax_of_percent(self.rate_percent, included=self.included)


Minimum = Annotated[
    MinimumRule | None,
    Field(
        description="what becomes of a price below the payment provider's least charge, or with a fraction that cannot "
        "be paid: `raise` raises it to the next amount that can be charged. Without a rule such a tariff is refused"
    ),
]
Confirmations = Annotated[
    tuple[Confirmation, ...] | None,
    Field(
        max_length=len(Confirmation),
        description="what looks like a mistake and is meant: a price that falls as the stay grows, a cap of 0, "
        "a cap below the price of the first hour",
    ),
]


EXAMPLE: dict[str, Any] = {
    "currency": "CHF",
    "tax": {"rate_percent": 8.1, "included": True},
    "free_minutes": 10,
    "lines": [{"sequence": 0, "type": "incrementing", "from_minutes": 0, "increment_minutes": 60, "amount": 200}],
    "caps": [{"per": "24h", "amount": 2000}],
}


class TariffBody(RequestBody):
    """A tariff; the first line begins at 0, each next one where the one before ends.

    Where a time band begins or ends within a stay, the table that holds then begins again, at its minute 0.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    currency: Currency
    tax: TaxBody | None = None
    rounding_minutes: Annotated[
        Minutes,
        Field(
            description="a stay is rounded up to a multiple of so many minutes; 0 does not round",
            json_schema_extra=shown(0, 60),
        ),
    ] = 0
    free_minutes: Annotated[
        Minutes,
        Field(description="a stay of at most so many minutes is free", json_schema_extra=shown(0, MAX_FREE_MINUTES)),
    ] = 0
    lines: Lines
    caps: Annotated[tuple[CapBody, ...], Field(max_length=2)] = ()
    time_bands: Annotated[tuple[TimeBandBody, ...], Field(max_length=MAX_TIME_BANDS)] = ()
    minimum: Minimum = None
    confirm: Confirmations = None

    def terms(self) -> Tariff:
        """The domain's value, unchecked."""
        return Tariff(
            currency=self.currency,
            tax=self.tax.tax() if self.tax else NO_TAX,
            rounding_minutes=self.rounding_minutes,
            free_minutes=self.free_minutes,
            lines=tuple(each.line() for each in self.lines),
            caps=tuple(Cap(each.per, each.amount) for each in self.caps),
            time_bands=tuple(each.band() for each in self.time_bands),
            minimum=self.minimum,
        )


class RateLineView(ResponseBody):
    """A price for a stretch of elapsed minutes."""

    sequence: int
    type: Annotated[str, Field(description="how the line counts", json_schema_extra=open_words(LineType))]
    from_minutes: int
    to_minutes: int | None
    increment_minutes: int | None
    amount: int


class CapView(ResponseBody):
    """The most that a period costs."""

    per: Annotated[str, Field(description="what it limits the price of", json_schema_extra=open_words(CapPeriod))]
    amount: int


class TaxView(ResponseBody):
    """The tax on the price."""

    rate_percent: float
    included: bool


class TimeBandView(ResponseBody):
    """Lines that hold on some weekdays."""

    weekdays: list[int]
    starts: Annotated[str, Field(serialization_alias="from")]
    ends: Annotated[str, Field(serialization_alias="to")]
    lines: list[RateLineView]


class TariffView(ResponseBody):
    """One version of a lot's prices, which never changes; `number` counts them."""

    id: UUID
    number: int
    published_at: datetime
    currency: str
    tax: TaxView
    rounding_minutes: int
    free_minutes: int
    lines: list[RateLineView]
    caps: list[CapView]
    time_bands: list[TimeBandView]
    minimum: MinimumRule | None


def tariff_view(tariff: TariffState) -> TariffView:
    """The answer for a tariff."""
    tax = tariff.terms.tax
    plain = tariff.terms.plain()
    plain["tax"] = TaxView(rate_percent=tax.ppm / PPM_OF_PERCENT, included=tax.included)
    return TariffView(id=tariff.id, number=tariff.number, published_at=tariff.published_at, **plain)
