"""What a caller says about a file of lots: parameters of the request."""

from decimal import Decimal
from typing import Annotated

from fastapi import Depends, Query

from parking_chassis.schemas import Line
from parking_kernel.new_tariffs import check_new_tariff
from parking_kernel.tariffs import NO_TAX, MinimumRule, Tariff, Tax, simple_tariff
from parking_kernel.violations import InvalidFields, Violation, refuse_any
from parking_service.domain.import_options import FIELDS, ImportOptions
from parking_service.domain.lots import DEFAULT_SOURCE
from parking_service.entrypoints.http.tariff_bodies import Minimum, tax_of_percent
from parking_service.entrypoints.http.values import Currency, ZoneName

_POINTERS = {
    "/currency": "query/currency",
    "/caps/0/amount": "query/daily_rate",
    "/tax/rate_percent": "query/tax_percent",
}
Rate = Annotated[int | None, Query(ge=0, le=10**9)]


async def _options(
    time_zone: Annotated[ZoneName | None, Query(description="of lots whose source names none")] = None,
    currency: Annotated[Currency | None, Query(description="of lots whose source names none")] = None,
    source: Annotated[
        str,
        Query(description="a short name of where the file is from: a lot is known by organization, source and id"),
    ] = DEFAULT_SOURCE,
    columns: Annotated[
        list[Line],
        Query(
            max_length=50,
            description="where the file calls something by an unusual name: `capacity:Einstellplätze`; repeated or"
            f" comma-separated. Fields are {', '.join(FIELDS)}",
        ),
    ] = [],  # noqa: B006 - FastAPI copies it
    hourly_rate: Annotated[
        Rate,
        Query(
            description="minor units of `currency` for each hour begun, for lots whose source names no prices; without"
            " it they are drafts and not on sale"
        ),
    ] = None,
    daily_rate: Annotated[Rate, Query(description="at most so much in 24 hours; goes with `hourly_rate`")] = None,
    tax_percent: Annotated[
        Decimal | None,
        Query(
            decimal_places=4,
            max_digits=7,
            description="the tax that both rates include, in percent; goes with `hourly_rate`",
        ),
    ] = None,
    minimum: Annotated[Minimum, Query(description="as in a tariff; goes with `hourly_rate`")] = None,
) -> ImportOptions:
    named = _named(columns)
    tax = tax_of_percent(tax_percent) if tax_percent is not None else None
    return ImportOptions(time_zone, currency, source, named, _terms(hourly_rate, daily_rate, currency, tax, minimum))


Options = Annotated[ImportOptions, Depends(_options)]


def said(options: ImportOptions) -> tuple[object, ...]:
    """What of the options was given, to compare requests by. An older version did not know those that come last."""
    more = (
        ("source", options.source, options.source != DEFAULT_SOURCE),
        ("columns", sorted(options.columns.items()), options.columns),
        ("terms", options.terms and options.terms.plain(), options.terms),
    )
    return tuple((name, value) for name, value, is_given in more if is_given)


def _named(columns: list[str]) -> dict[str, str]:
    named = dict[str, str]()
    for each in (part for value in columns for part in value.split(",") if part.strip()):
        name, colon, column = (part.strip() for part in each.partition(":"))
        if not colon:
            refuse_any([Violation("query/columns", "must be field:column, such as capacity:Einstellplätze")])
        if name in named:
            refuse_any([Violation("query/columns", f"names {name} twice")])
        named[name] = column
    return named


def _terms(
    hourly: int | None, daily: int | None, currency: str | None, tax: Tax | None, minimum: MinimumRule | None
) -> Tariff | None:
    """The tariff of lots whose source names no prices. Raises `InvalidFields`."""
    if hourly is None:
        more = {"daily_rate": daily, "tax_percent": tax, "minimum": minimum}
        refuse_any(
            Violation(f"query/{name}", "needs an hourly_rate") for name, given in more.items() if given is not None
        )
        return None
    if currency is None:
        raise InvalidFields([Violation("query/currency", "is required: hourly_rate is in it")])
    try:
        tariff = simple_tariff(hourly, daily, currency, tax=tax or NO_TAX, minimum=minimum)
        return check_new_tariff(tariff, can_confirm=False)
    except InvalidFields as error:
        raise InvalidFields(
            [each._replace(pointer=_POINTERS.get(each.pointer, "query/hourly_rate")) for each in error.violations]
        ) from error
