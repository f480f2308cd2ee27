"""What a caller says about a file of lots, and what is told of its rows besides refusals."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from parking_kernel.currencies import CURRENCIES
from parking_kernel.tariffs import Tariff
from parking_kernel.violations import Violation
from parking_service.domain.lots import DEFAULT_SOURCE
from parking_service.domain.values import zone_violations

FIELDS: Final = (
    "id",
    "name",
    "description",
    "address",
    "latitude",
    "longitude",
    "point",
    "wkt",
    "capacity",
    "capacity_accessible",
    "capacity_charging",
    "opening_hours",
    "type",
    "purpose",
    "access",
)
"""What can be taken over of a row: the names that `columns` gives to those of the file."""
MAX_COLUMN: Final = 100
_SOURCE: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What holds for a file.

    Zone, currency and `terms` are for lots whose source names none. `columns` says which of the file's columns each
    field is read from, where its name is not one of those that are known.
    """

    time_zone: str | None = None
    currency: str | None = None
    source: str = DEFAULT_SOURCE
    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    terms: Tariff | None = None


AS_USUAL: Final = ImportOptions()


@dataclass(frozen=True, slots=True)
class RowWarning:
    """A row that became a lot and looks like a mistake."""

    row: int
    source_id: str | None
    reason: str


def option_violations(options: ImportOptions) -> Iterator[Violation]:
    """What is wrong with them."""
    if options.time_zone:
        yield from zone_violations(options.time_zone, "query/time_zone")
    if options.currency and options.currency not in CURRENCIES:
        yield Violation("query/currency", f"{options.currency!r} is no currency of ISO 4217")
    if not _SOURCE.fullmatch(options.source):
        yield Violation("query/source", "must be a short name of small letters, digits, '.', '_' and '-', such as osm")
    for name, column in options.columns.items():
        if name not in FIELDS:
            yield Violation("query/columns", f"{name!r} is no field of a lot; there are {', '.join(FIELDS)}")
        elif not 0 < len(column) <= MAX_COLUMN:
            yield Violation("query/columns", f"the column of {name} must have 1 to {MAX_COLUMN} characters")


def counted(counts: Mapping[str, int], names: Iterator[str], most: int = 100) -> Mapping[str, int]:
    """The counts with one more for each name; names beyond the most that are kept apart count as `other`."""
    added = dict(counts)
    for name in names:
        known = name if name in added or len(added) < most else "other"
        added[known] = added.get(known, 0) + 1
    return added
