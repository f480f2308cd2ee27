"""A lot: a car park with one address and one tariff in force."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypedDict, Unpack
from uuid import UUID

from parking_kernel.askers import Asker
from parking_kernel.concurrency import ChangedMeanwhile
from parking_kernel.money import Money
from parking_kernel.opening_hours import OpeningHours
from parking_kernel.rates import daily_rate, hourly_rate
from parking_kernel.violations import Violation, refuse_any
from parking_service.domain.errors import LotRetired, UnknownLot
from parking_service.domain.spots import SpotType
from parking_service.domain.tariffs import TariffState
from parking_service.domain.values import Place, SupplyChange, place_violations, zone_violations

DEFAULT_SOURCE: Final = "default"
"""The source of imports that name none, as of all before there were sources."""


class LotStatus(StrEnum):
    """Whether the lot can be booked. A draft has no tariff yet, so it is not on sale and no driver finds it."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class ImportedFrom:
    """Which feature of which source a lot is, and the digest of what the file said of it last."""

    source_id: str
    digest: str
    source: str = DEFAULT_SOURCE


Capacity = Mapping[SpotType, int]
NO_SPOTS: Capacity = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class LotState:
    """All there is to know of a lot, at one version. No `opening_hours` means open day and night.

    A draft has no tariff; its currency is the one that its prices are expected in.
    """

    id: UUID
    organization_id: UUID
    name: str
    description: str | None
    address: str
    place: Place
    time_zone: str
    amenities: tuple[str, ...]
    opening_hours: OpeningHours | None
    tariff_id: UUID | None
    currency: str
    hourly_rate: Money | None
    daily_rate: Money | None
    created_at: datetime
    status: LotStatus = LotStatus.OPEN
    capacity: Capacity = NO_SPOTS
    imported_from: ImportedFrom | None = None
    version: int = 1

    @property
    def total_spots(self) -> int:
        """How many spots it has, in service or not."""
        return sum(self.capacity.values())

    @property
    def spot_types(self) -> tuple[SpotType, ...]:
        """The types of which it has a spot."""
        return tuple(spot_type for spot_type in SpotType if self.capacity.get(spot_type))


@dataclass(frozen=True, slots=True)
class LotEvent:
    """Something that happened to a lot, with the state that it led to and the codes of what changed.

    `supply_change` is there where it took supply away.
    """

    at: datetime
    lot: LotState
    changed: tuple[str, ...] = ()
    supply_change: SupplyChange | None = None


class LotCreated(LotEvent):
    """A lot exists."""


class LotUpdated(LotEvent):
    """Something of it changed."""


class LotRetiredForGood(LotEvent):
    """It is gone permanently."""


class LotPrices(TypedDict):
    """What of a lot follows from its tariff."""

    tariff_id: UUID | None
    currency: str
    hourly_rate: Money | None
    daily_rate: Money | None


class LotChanges(TypedDict, total=False):
    """What of a lot can be changed besides."""

    name: str
    description: str | None
    address: str
    place: Place
    time_zone: str
    amenities: tuple[str, ...]
    opening_hours: OpeningHours | None
    capacity: Capacity
    imported_from: ImportedFrom | None


def prices_of(tariff: TariffState) -> LotPrices:
    """What of a lot follows from its tariff."""
    terms = tariff.terms
    return LotPrices(
        tariff_id=tariff.id, currency=terms.currency, hourly_rate=hourly_rate(terms), daily_rate=daily_rate(terms)
    )


def without_prices(currency: str) -> LotPrices:
    """The same of a draft."""
    return LotPrices(tariff_id=None, currency=currency, hourly_rate=None, daily_rate=None)


class Lot:
    """The aggregate: each change makes one event and the next version; a change of nothing makes none."""

    def __init__(self, state: LotState) -> None:
        self.state = state
        self.loaded_version = state.version
        self.events: list[LotEvent] = []

    @classmethod
    def create(cls, state: LotState) -> "Lot":
        """A new lot. Raises `InvalidFields`."""
        _check(state)
        lot = cls(state)
        lot.events.append(LotCreated(state.created_at, state))
        return lot

    def admit(self, asker: Asker, expected_version: int | None = None) -> None:
        """Let an asker change it, if it is theirs and as they saw it. Raises `UnknownLot` and `ChangedMeanwhile`."""
        if not asker.operates(self.state.organization_id):
            raise UnknownLot(self.state.id)
        if expected_version not in {None, self.state.version}:
            raise ChangedMeanwhile("parking lot")

    def after(self, **changes: Unpack[LotChanges]) -> LotState:
        """What it would be after a change of what is named. Raises `LotRetired` and `InvalidFields`."""
        if self.state.status is LotStatus.RETIRED:
            raise LotRetired(self.state.id)
        state = replace(self.state, **changes)
        _check(state, self.state)
        return state

    def change(
        self,
        at: datetime,
        tariff: TariffState | None = None,
        supply_change: SupplyChange | None = None,
        **changes: Unpack[LotChanges],
    ) -> None:
        """Change what is named, and put a tariff in force: its first one puts a draft on sale.

        Raises `LotRetired` and `InvalidFields`.
        """
        state = self.after(**changes)
        if tariff:
            status = LotStatus.OPEN if state.status is LotStatus.DRAFT else state.status
            state = replace(state, status=status, **prices_of(tariff))
        before, after = _public(self.state), _public(state)
        changed = tuple(code for code, value in after.items() if value != before[code])
        if changed:
            self.state = replace(state, version=self.state.version + 1)
            self.events.append(LotUpdated(at, self.state, changed, supply_change))
        elif state != self.state:  # the digest of an import is nobody's business, but has to be kept
            self.state = state

    def retire(self, at: datetime, supply_change: SupplyChange | None = None) -> None:
        """Take the lot away permanently."""
        if self.state.status is not LotStatus.RETIRED:
            self.state = replace(self.state, status=LotStatus.RETIRED, version=self.state.version + 1)
            self.events.append(LotRetiredForGood(at, self.state, ("status",), supply_change))


def _check(state: LotState, before: LotState | None = None) -> None:
    violations = list(place_violations(state.place, "/location"))
    if before is None or before.time_zone != state.time_zone:  # one that was taken once is not refused later
        violations += zone_violations(state.time_zone, "/time_zone")
    if not state.name:
        violations.append(Violation("/name", "must not be empty"))
    refuse_any(violations)


def _public(state: LotState) -> dict[str, object]:
    """What others see of a lot, by the codes that events name it with."""
    return {
        "name": state.name,
        "description": state.description,
        "address": state.address,
        "location": state.place,
        "time_zone": state.time_zone,
        "amenities": state.amenities,
        "opening_hours": state.opening_hours,
        "total_spots": state.total_spots,
        "spot_types": state.spot_types,
        "tariff": state.tariff_id,
        "status": state.status,
    }


def recounted(capacity: Capacity, gone: SpotType | None = None, come: SpotType | None = None) -> Capacity:
    """The capacity after one spot has gone, come, or changed its type."""
    counts = dict(capacity)
    for spot_type, step in ((gone, -1), (come, 1)):
        if spot_type is not None:
            counts[spot_type] = counts.get(spot_type, 0) + step
    return {spot_type: count for spot_type, count in counts.items() if count > 0}
