"""What is read: questions about lots and spots, and their answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from parking_kernel.money import Money
from parking_service.domain.occupancy import Fading
from parking_service.domain.spots import SpotState, SpotType
from parking_service.domain.values import Place


@dataclass(frozen=True, slots=True)
class Box:
    """A bounding box in degrees. One whose west is east of its east crosses the antimeridian."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, slots=True)
class LotFilter:
    """What lots are asked for: near a place (metres), in a box, or anywhere. `at` is when they are to be open.

    With `drafts` they are those that are not on sale yet, of `organizations` where these are named.
    """

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
    drafts: bool = False
    organizations: tuple[UUID, ...] | None = None
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
    fading: Fading | None = None


@dataclass(frozen=True, slots=True)
class SpotView:
    """A spot with what was last seen of it. One that nothing ever watched was not seen taken."""

    spot: SpotState
    occupied: bool = False
    observed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OccupancyRate:
    """Over all lots that are watched: how many spots they have in service, and how many are taken."""

    spots: int
    taken: int

    @property
    def share(self) -> float:
        """The taken share, from 0 to 1; 0 where nothing is watched."""
        return self.taken / self.spots if self.spots else 0.0
