"""Imports: a file of lots on its way into the tables, row by row."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, cast
from uuid import UUID

from parking_kernel.jobs import JobStatus
from parking_kernel.new_tariffs import check_new_tariff
from parking_kernel.opening_hours import OpeningHours
from parking_kernel.tariffs import MinimumRule, Tariff
from parking_kernel.violations import InvalidFields, Violation
from parking_service.domain.bookings import Booking
from parking_service.domain.errors import RowRefused
from parking_service.domain.import_options import ImportOptions, RowWarning
from parking_service.domain.lots import DEFAULT_SOURCE, ImportedFrom, Lot, LotChanges
from parking_service.domain.spots import Spot, SpotType, surplus
from parking_service.domain.supply import SupplyLoss, supply_lost
from parking_service.domain.unreadable_rows import why_unreadable
from parking_service.domain.values import AffectedPolicy, Place, metres_between, place_violations, zone_violations

CHUNK_ROWS = 25
MAX_CAPACITY = 20_000
MAX_NAME = 200
MAX_ADDRESS = 300
MAX_MOVE = 500  # metres
MOST_NAMES = 8  # of columns, in the reason to refuse a row without an id
FAR_AWAY = 100_000  # metres from the nearest other lot of the organization


class RowOutcome(StrEnum):
    """What became of a row that was not refused."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class ImportState:
    """One import, which is a job; see `ImportOptions` for what its file is read by.

    `affected` is what becomes of bookings in the way; where nothing is said, their rows are refused. `not_honoured`
    counts, by name, what rows say and lots do not; `warned` how many rows there are warnings of.
    """

    id: UUID
    organization_id: UUID
    time_zone: str | None
    currency: str | None
    total: int
    started_at: datetime
    status: JobStatus = JobStatus.RUNNING
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    ended_at: datetime | None = None
    failure: str | None = None
    affected: AffectedPolicy | None = None
    source: str = DEFAULT_SOURCE
    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    terms: Tariff | None = None
    warned: int = 0
    not_honoured: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def options(self) -> ImportOptions:
        """What its file is read by."""
        return ImportOptions(self.time_zone, self.currency, self.source, self.columns, self.terms)

    @property
    def done(self) -> int:
        """How many rows are settled."""
        return self.created + self.updated + self.unchanged + self.refused


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One feature of the file, counted from 1, as it was written."""

    row: int
    source_id: str | None
    feature: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that did not become a lot."""

    row: int
    source_id: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """An import with a page of its refused rows, one of its warnings, and the supply changes that it made."""

    state: ImportState
    refused: Sequence[RefusedRow]
    warnings: Sequence[RowWarning]
    supply_changes: Sequence[UUID]


@dataclass(frozen=True, slots=True)
class LotDraft:
    """A lot as a file describes it. Without `terms` it is a draft, until it gets a tariff.

    `not_honoured` names what the file says besides and the lot does not, `warnings` what looks like a mistake.
    """

    source_id: str
    name: str
    description: str | None
    address: str
    place: Place
    time_zone: str
    capacity: Mapping[SpotType, int]
    amenities: tuple[str, ...]
    opening_hours: OpeningHours | None
    currency: str | None
    terms: Tariff | None
    source: str = DEFAULT_SOURCE
    not_honoured: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Changes when anything changes that the file says."""
        hours = self.opening_hours.plain() if self.opening_hours else None
        said = (
            self.name,
            self.description,
            self.address,
            (self.place.latitude, self.place.longitude),
            self.time_zone,
            sorted((spot_type.value, count) for spot_type, count in self.capacity.items()),
            self.amenities,
            hours,
            self.currency,
            _digested(self.terms) if self.terms else None,
        )
        return sha256(repr(said).encode()).hexdigest()

    @property
    def imported_from(self) -> ImportedFrom:
        """What is kept of the source."""
        return ImportedFrom(self.source_id, self.digest, self.source)

    def changes(self) -> LotChanges:
        """What of a known lot the file says, its prices aside."""
        return LotChanges(
            name=self.name,
            description=self.description,
            address=self.address,
            place=self.place,
            time_zone=self.time_zone,
            amenities=self.amenities,
            opening_hours=self.opening_hours,
            capacity=self.capacity,
            imported_from=self.imported_from,
        )


def has_fewer(draft: LotDraft, spots: Sequence[Spot]) -> bool:
    """Whether a file has fewer spots of some type than a known lot."""
    return bool(surplus(spots, draft.capacity, {}))


def lost_by(
    draft: LotDraft, lot: Lot, spots: Sequence[Spot], bookings: Sequence[Booking], at: datetime
) -> tuple[list[Spot], SupplyLoss | None]:
    """The spots of a known lot that a file has no more, and what of its supply goes away.

    A file says how many spots there are, not which: so those go that the fewest of the lot's bookings stand on.
    Raises `RowRefused` where the file puts the lot somewhere else.
    """
    moved = metres_between(lot.state.place, draft.place)
    if moved > MAX_MOVE:
        raise RowRefused(
            f"the place is {moved:,.0f} m from where the lot is, more than {MAX_MOVE} m: is it another lot?"
            " Name another source for it, or change the lot's location first"
        )
    gone = surplus(spots, draft.capacity, Counter(booking.spot_id for booking in bookings))
    return gone, supply_lost(lot.state, lot.after(**draft.changes()), at, [spot.state.id for spot in gone])


def sorted_rows(
    features: Sequence[Mapping[str, object]], source_id: Callable[[Mapping[str, object]], str | None]
) -> tuple[list[ImportRow], list[RefusedRow]]:
    """The rows that are to become lots, and those of which it is plain that they cannot."""
    rows, refused, first = list[ImportRow](), list[RefusedRow](), dict[str, int]()
    for number, feature in enumerate(features, start=1):
        name = source_id(feature)
        if name is None:
            refused.append(RefusedRow(number, None, why_unreadable(feature) or _without_id(feature)))
        elif name in first:
            refused.append(RefusedRow(number, name, f"row {first[name]} has the same id"))
        else:
            first[name] = number
            rows.append(ImportRow(number, name, feature))
    return rows, refused


def _without_id(feature: Mapping[str, object]) -> str:
    """Says what the row has instead, and how the caller says which of it is the id."""
    properties = feature.get("properties")
    if not isinstance(properties, Mapping) or not properties:
        return "the id is missing"
    names = [f"{str(name)[:30]!r}" for name in cast("Mapping[object, object]", properties)]
    more = ", …" if len(names) > MOST_NAMES else ""
    there = ", ".join(names[:MOST_NAMES]) + more
    return f"the id is missing; there are {there}: say which it is by ?columns=id:…"


def _digested(terms: Tariff) -> dict[str, Any]:
    """What digests are made of. In another form every lot would count as changed, and lose what was set by hand."""
    plain = json.loads(json.dumps(terms.plain()))
    tax = {"rate_percent": terms.tax.ppm / 10_000, "included": terms.tax.included}
    names = ("currency", "tax", "rounding_minutes", "free_minutes", "lines", "caps", "time_bands")
    return {name: {**plain, "tax": tax}[name] for name in names}


def check_draft(draft: LotDraft) -> LotDraft:
    """The draft, if it can become a lot. Raises `RowRefused` with the reason."""
    if not draft.name:
        raise RowRefused("the name is missing")
    if len(draft.name) > MAX_NAME or len(draft.address) > MAX_ADDRESS:
        raise RowRefused("the name or the address is too long")
    _refuse([*place_violations(draft.place, "coordinates"), *zone_violations(draft.time_zone, "time_zone")])
    if any(count < 0 for count in draft.capacity.values()):
        raise RowRefused("the capacity is negative")
    total = sum(draft.capacity.values())
    if total == 0:
        raise RowRefused("the capacity is zero")
    if total > MAX_CAPACITY:
        raise RowRefused(f"the capacity of {total} is more than {MAX_CAPACITY}")
    if draft.terms:
        # A file can name no rule for prices that cannot be charged.
        terms = replace(draft.terms, minimum=MinimumRule.RAISE)
        try:
            return replace(draft, terms=check_new_tariff(terms, "tariff", can_confirm=False))
        except InvalidFields as error:
            raise RowRefused(str(error)) from error
    return draft


def _refuse(violations: list[Violation]) -> None:
    if violations:
        raise RowRefused("; ".join(f"{each.pointer}: {each.rule}" for each in violations))
