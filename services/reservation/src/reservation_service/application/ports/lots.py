"""The own copies of what parking publishes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from parking_kernel.opening_hours import OpeningHours
from parking_kernel.tariffs import Tariff
from reservation_service.domain.lots import Closure, Lot, TariffVersion


class Lots(Protocol):
    """The own copies of lots, spots and tariffs."""

    async def get(self, parking_lot_id: UUID) -> Lot:
        """A lot with the tariff in force. Raises `UnknownLot`."""
        ...

    async def pinned_tariff(self, parking_lot_id: UUID, tariff_id: UUID) -> tuple[Tariff, ZoneInfo]:
        """The tariff version that a booking was made under, and its lot's zone. Raises `UnknownLot`."""
        ...

    async def near(self, parking_lot_id: UUID, limit: int) -> Sequence[tuple[Lot, float]]:
        """Other open lots nearby that have prices, with their distance in metres, the nearest first."""
        ...


@dataclass(frozen=True, slots=True)
class LotCopy:
    """A lot as parking last published it."""

    id: UUID
    organization_id: UUID
    name: str
    time_zone: str
    latitude: float
    longitude: float
    is_open: bool
    opening_hours: OpeningHours | None
    closures: Sequence[Closure]
    tariff_id: UUID | None
    version: int


@dataclass(frozen=True, slots=True)
class SpotCopy:
    """A spot as parking last published it."""

    id: UUID
    parking_lot_id: UUID
    number: str
    type: str
    in_service: bool
    version: int


class Copies(Protocol):
    """Where what parking publishes is stored. An older version than the stored one changes nothing."""

    async def keep_lot(self, lot: LotCopy) -> None:
        """Store a lot. The tariff in force stays until the one that the event names is here."""
        ...

    async def keep_spots(self, spots: Sequence[SpotCopy]) -> None:
        """Store spots."""
        ...

    async def keep_tariff(self, version: TariffVersion) -> None:
        """Store a tariff version. The lots that wait for it are priced by it from now on."""
        ...
