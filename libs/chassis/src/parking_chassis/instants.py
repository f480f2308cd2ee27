"""Instants in requests: RFC 3339 with an offset, always, and of this age. From here on they are in UTC."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator

RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
YEARS = range(2000, 2200)


def _is_rfc_3339(value: object) -> object:
    # pydantic would also take a number for seconds since 1970.
    if isinstance(value, datetime) or (isinstance(value, str) and RFC_3339.fullmatch(value)):
        return value
    raise ValueError("must be a time with an offset, such as 2026-03-01T12:00:00+01:00 (RFC 3339)")


def of_this_age(value: datetime) -> datetime:
    """The instant in UTC. Raises `ValueError` with the rule that it breaks.

    RFC 3339 knows offsets up to 23:59, which not every reader of an event knows: Elasticsearch ends at 18:00.
    """
    if value.utcoffset() is None:
        raise ValueError("must have an offset")
    # Beyond, Python's zones and calendar cannot calculate.
    if value.year not in YEARS:
        raise ValueError(f"must lie between the years {YEARS.start} and {YEARS.stop}")
    return value.astimezone(UTC)


Instant = Annotated[AwareDatetime, BeforeValidator(_is_rfc_3339), AfterValidator(of_this_age)]
