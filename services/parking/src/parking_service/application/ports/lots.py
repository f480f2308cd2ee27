"""Lots, their spots, their prices and their owners."""

from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import UUID

from parking_service.domain.lots import Lot
from parking_service.domain.organizations import Organization
from parking_service.domain.spots import Spot
from parking_service.domain.tariffs import TariffState, TariffVersion


class Lots(Protocol):
    """The lots."""

    async def get(self, lot_id: UUID) -> Lot:
        """One lot, locked until the transaction ends. Raises `UnknownLot`."""
        ...

    async def by_source(self, organization_id: UUID, source: str, source_ids: Sequence[str]) -> Mapping[str, Lot]:
        """An organization's lots that were imported from a source, by their ids; locked until the transaction ends."""
        ...

    async def distances_to_others(self, lot_ids: Sequence[UUID]) -> Mapping[UUID, float]:
        """The metres from stored lots to the nearest other lot of their organization in use, where there is one."""
        ...

    async def add(self, new_lots: Sequence[Lot]) -> None:
        """Store new lots."""
        ...

    async def save(self, lot: Lot) -> None:
        """Store a changed lot. Raises `ChangedMeanwhile`."""
        ...

    async def open_periods_run_out(self, after: UUID | None, limit: int) -> Sequence[UUID]:
        """The first lots behind an id of which it is soon known no more when they are open, in the order of ids."""
        ...

    async def extend_open_periods(self, lot_id: UUID) -> bool:
        """Work out again when a lot is open; not where that is known for long, or someone else changes the lot."""
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
        """Store new spots."""
        ...

    async def save(self, changed_spots: Sequence[Spot]) -> None:
        """Store changed spots. Raises `ChangedMeanwhile`."""
        ...


class Tariffs(Protocol):
    """The tariffs, each version of which stays."""

    async def add(self, new_tariffs: Sequence[TariffVersion]) -> None:
        """Store new versions. The lot of a tariff may follow it, until the transaction ends."""
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
        """Store what auth published, unless something newer is known; whether it was stored."""
        ...
