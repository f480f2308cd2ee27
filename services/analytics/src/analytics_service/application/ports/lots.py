"""The own copies of parking's lots."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from analytics_service.domain.occupancy import LotSize


@dataclass(frozen=True, slots=True)
class LotCopy:
    """A lot as parking last published it."""

    id: UUID
    organization_id: UUID
    time_zone: str
    currency: str
    spots: int
    version: int


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot as far as questions need it."""

    id: UUID
    organization_id: UUID
    zone: ZoneInfo
    currency: str
    spots: int


class Lots(Protocol):
    """The own copies of lots."""

    async def get(self, parking_lot_id: UUID) -> Lot | None:
        """One lot."""
        ...

    async def of_organization(self, organization_id: UUID) -> Sequence[Lot]:
        """An organization's lots."""
        ...

    async def sizes(self, parking_lot_id: UUID) -> Sequence[LotSize]:
        """How many spots a lot had from when on, the first size that is known first."""
        ...

    async def keep(self, lot: LotCopy, since: datetime) -> None:
        """Keep a lot as it is since an instant; an older version than the stored one changes nothing."""
        ...
