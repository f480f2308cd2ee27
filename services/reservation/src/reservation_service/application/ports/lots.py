"""The own copies of what parking publishes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from parking_kernel.opening_hours import OpeningHours
from parking_kernel.tariffs import Tariff
from reservation_service.domain.lots import Closure, Lot, TariffVersion
from reservation_service.domain.reservations import ReservationState
from reservation_service.domain.supply import Supply


class Lots(Protocol):
    """The own copies of lots, spots and tariffs."""

    async def get(self, parking_lot_id: UUID) -> Lot:
        """A lot with the tariff in force. Raises `UnknownLot`."""
        ...

    async def pinned_tariff(self, parking_lot_id: UUID, tariff_id: UUID) -> tuple[Tariff, ZoneInfo]:
        """The tariff version that a booking was made under, and its lot's zone. Raises `UnknownLot`."""
        ...

    async def names(self, parking_lot_ids: Collection[UUID]) -> Mapping[UUID, str]:
        """The names of these lots. A reservation's lot is always here, also when it is retired."""
        ...

    async def near(self, parking_lot_id: UUID, limit: int) -> Sequence[tuple[Lot, float]]:
        """Other open lots nearby that have prices, with their distance in metres, the nearest first."""
        ...

    async def supply_of(self, reservations: Collection[ReservationState]) -> Mapping[UUID, Supply]:
        """What each reservation stands on now, by its id."""
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
    is_retired: bool = False


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

    async def lot(self, parking_lot_id: UUID) -> LotCopy | None:
        """The lot as it is stored; nothing before its first event."""
        ...

    async def spots(self, spot_ids: Collection[UUID]) -> Mapping[UUID, SpotCopy]:
        """Those of these spots that are stored, locked until the transaction ends."""
        ...

    async def note_lot_change(self, parking_lot_id: UUID, change_id: UUID) -> None:
        """Store by which change the lot lost something: its bookings are to be looked at."""
        ...

    async def note_spot_change(self, spot_ids: Collection[UUID], change_id: UUID) -> None:
        """Store by which change the spots went."""
        ...

    async def keep_lot(self, lot: LotCopy) -> None:
        """Store a lot. The tariff in force stays until the one that the event names is here."""
        ...

    async def keep_spots(self, spots: Sequence[SpotCopy]) -> None:
        """Store spots."""
        ...

    async def keep_tariff(self, version: TariffVersion) -> None:
        """Store a tariff version. The lots that wait for it are priced by it from now on."""
        ...
