"""What the use cases need from outside, by plain nouns. Adapters and fakes stand behind them."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from parking_kernel.money import Money
from parking_service.domain.imports import ImportRow, ImportState, LotDraft, RefusedRow
from parking_service.domain.lots import Lot
from parking_service.domain.occupancy import LotCount, SpotOccupancy
from parking_service.domain.organizations import Organization
from parking_service.domain.spots import PlanPosition, Spot, SpotStatus, SpotType
from parking_service.domain.tariffs import TariffState, TariffVersion
from parking_service.domain.values import Place


class Lots(Protocol):
    """The lots."""

    async def get(self, lot_id: UUID) -> Lot:
        """One lot, locked until the transaction ends. Raises `UnknownLot`."""
        ...

    async def by_source(self, organization_id: UUID, source_ids: Sequence[str]) -> Mapping[str, Lot]:
        """An organization's lots that were imported under these ids, locked until the transaction ends."""
        ...

    async def add(self, new_lots: Sequence[Lot]) -> None:
        """Keep new lots."""
        ...

    async def save(self, lot: Lot) -> None:
        """Keep a changed lot. Raises `ChangedMeanwhile`."""
        ...

    async def extend_open_periods(self, limit: int) -> int:
        """Work out again when lots are open where that is soon known no more; how many there were."""
        ...


class Spots(Protocol):
    """The spots."""

    async def lot_of(self, spot_id: UUID) -> UUID:
        """The lot of a spot that is not removed. Raises `UnknownSpot`."""
        ...

    async def get(self, spot_id: UUID) -> Spot:
        """One spot that is not removed. Raises `UnknownSpot`."""
        ...

    async def of_lot(self, lot_id: UUID) -> Sequence[Spot]:
        """All spots of a lot that are not removed."""
        ...

    async def add(self, new_spots: Sequence[Spot]) -> None:
        """Keep new spots."""
        ...

    async def save(self, changed_spots: Sequence[Spot]) -> None:
        """Keep changed spots. Raises `ChangedMeanwhile`."""
        ...


class Tariffs(Protocol):
    """The tariffs, each version of which stays."""

    async def add(self, new_tariffs: Sequence[TariffVersion]) -> None:
        """Keep new versions."""
        ...

    async def get(self, tariff_id: UUID) -> TariffState:
        """One version."""
        ...

    async def default_of(self, organization_id: UUID) -> TariffState:
        """The newest default of an organization; each known one has one. Raises `UnknownOrganization`."""
        ...


class Organizations(Protocol):
    """Parking's copy of the tenants."""

    async def keep(self, organization: Organization) -> bool:
        """Keep what auth told, unless something newer is known; whether it was kept."""
        ...


class Occupancy(Protocol):
    """What was last seen. Whoever writes it holds the lot's lock."""

    async def of_spots(self, lot_id: UUID, spot_ids: Sequence[UUID]) -> Mapping[UUID, SpotOccupancy]:
        """What is known of those of the spots that are in the lot and not removed."""
        ...

    async def of_lot(self, lot_id: UUID) -> LotCount:
        """What was last counted."""
        ...

    async def save(self, seen: Sequence[SpotOccupancy]) -> None:
        """Keep new sightings."""
        ...

    async def save_count(self, count: LotCount) -> None:
        """Keep a new count."""
        ...

    async def recount(self, lot_ids: Sequence[UUID]) -> None:
        """Work out anew how many spots of the lots are in service, watched and taken."""
        ...


class Imports(Protocol):
    """The imports and the rows that wait."""

    async def add(self, state: ImportState, rows: Sequence[ImportRow], refused: Sequence[RefusedRow]) -> None:
        """Keep a new import."""
        ...

    async def claim(self) -> tuple[UUID, int] | None:
        """The oldest import that runs and that nobody works on, and how often it was claimed without getting on."""
        ...

    async def locked(self, import_id: UUID) -> ImportState | None:
        """An import that runs, locked until the transaction ends; none while someone else has it."""
        ...

    async def next_rows(self, import_id: UUID, limit: int) -> Sequence[ImportRow]:
        """The first rows that wait."""
        ...

    async def settle(self, state: ImportState, rows: Sequence[ImportRow], refused: Sequence[RefusedRow]) -> None:
        """Note that rows are done with, some of them refused, and how far the import is now."""
        ...

    async def get(self, import_id: UUID) -> ImportState:
        """One import. Raises `UnknownImport`."""
        ...

    async def refused(self, import_id: UUID, after: int, limit: int) -> Sequence[RefusedRow]:
        """The first of its refused rows behind a row of the file, in the file's order."""
        ...


class LotFiles(Protocol):
    """Reads what files say of lots."""

    def source_id(self, feature: Mapping[str, object]) -> str | None:
        """What the file calls the lot; none where it says nothing usable."""
        ...

    def draft(self, row: ImportRow, time_zone: str | None, currency: str | None) -> LotDraft:
        """The lot that a feature describes; zone and currency where it names none. Raises `RowRefused`."""
        ...


type Aggregate = Lot | Spot | TariffVersion | SpotOccupancy | LotCount


class Events(Protocol):
    """Where domain events go, in the transaction of what they tell of."""

    async def publish(self, *aggregates: Aggregate) -> None:
        """Have everything that happened to the aggregates told to the other services, in this order."""
        ...


class Work(Protocol):
    """One transaction's repositories."""

    @property
    def lots(self) -> Lots:
        """The lots."""
        ...

    @property
    def spots(self) -> Spots:
        """The spots."""
        ...

    @property
    def tariffs(self) -> Tariffs:
        """The tariffs."""
        ...

    @property
    def organizations(self) -> Organizations:
        """The tenants."""
        ...

    @property
    def occupancy(self) -> Occupancy:
        """What was last seen."""
        ...

    @property
    def imports(self) -> Imports:
        """The imports."""
        ...

    @property
    def events(self) -> Events:
        """Where events go."""
        ...


OpenWork = Callable[[], AbstractAsyncContextManager[Work]]
"""Opens a transaction that commits when its block ends, and rolls back when the block raises."""


@dataclass(frozen=True, slots=True)
class Box:
    """A bounding box in degrees. One whose west is east of its east crosses the antimeridian."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, slots=True)
class LotFilter:
    """What lots are asked for: near a place (metres), in a box, or anywhere. `at` is when they are to be open."""

    at: datetime
    near: Place | None = None
    radius_m: int = 0
    box: Box | None = None
    words: tuple[str, ...] = ()
    spot_type: SpotType | None = None
    amenities: tuple[str, ...] = ()
    max_hourly: int | None = None
    open_now: bool = False
    organization_id: UUID | None = None
    sort: str = "distance"
    limit: int = 20
    offset: int = 0


@dataclass(frozen=True, slots=True)
class LotView:
    """A lot with what is known of its free spots now. `opening_hours` is JSON; `distance_m` is geodesic."""

    id: UUID
    organization_id: UUID
    name: str
    description: str | None
    address: str
    place: Place
    time_zone: str
    amenities: Sequence[str]
    opening_hours: str | None
    currency: str
    hourly_rate: Money | None
    daily_rate: Money | None
    status: str
    total_spots: int
    spot_types: Sequence[str]
    available_spots: int
    observed_at: datetime | None
    changed_at: datetime | None
    coverage: float
    version: int
    distance_m: float | None = None


@dataclass(frozen=True, slots=True)
class SpotView:
    """A spot with what was last seen of it."""

    id: UUID
    parking_lot_id: UUID
    spot_number: str
    spot_type: SpotType
    status: SpotStatus
    level: str | None
    width: float | None
    length: float | None
    position: PlanPosition | None
    occupied: bool
    observed_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class OccupancyRate:
    """Over all lots that are watched: how many spots they have in service, and how many are taken."""

    spots: int
    taken: int


class LotViews(Protocol):
    """The tables that questions are answered from."""

    async def search(self, wanted: LotFilter) -> Sequence[LotView]:
        """Lots that are not retired, in the order asked for."""
        ...

    async def lot(self, lot_id: UUID) -> LotView:
        """One lot, also a retired one. Raises `UnknownLot`."""
        ...

    async def spots(
        self, lot_id: UUID, spot_type: SpotType | None, after: str | None, limit: int | None
    ) -> Sequence[SpotView]:
        """A lot's spots by number, after one of them. Raises `UnknownLot`."""
        ...

    async def spot(self, spot_id: UUID) -> SpotView:
        """One spot that is not removed. Raises `UnknownSpot`."""
        ...

    async def tariff(self, lot_id: UUID) -> TariffState:
        """The tariff in force. Raises `UnknownLot`."""
        ...

    async def occupancy_rate(self) -> OccupancyRate:
        """How full the watched lots are."""
        ...
