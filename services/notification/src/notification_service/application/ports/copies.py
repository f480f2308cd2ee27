"""What other services published, as far as this one needs it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from notification_service.domain.coming_refunds import PaymentCopy
from notification_service.domain.rooms import Ownership


@dataclass(frozen=True, slots=True)
class LotCopy:
    """A lot as parking last published it."""

    id: UUID
    name: str
    address: str
    time_zone: str
    version: int


@dataclass(frozen=True, slots=True)
class ReservationCopy:
    """Whose a reservation is, as reservation last published it, and until when its spot waits for the payment.

    One that is paid, or over, waits for none.
    """

    id: UUID
    owner: Ownership
    version: int
    held_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrganizationCopy:
    """Who works for an organization, as auth last published it."""

    id: UUID
    members: frozenset[UUID]
    version: int


class Copies(Protocol):
    """The own copies. An older version than the stored one changes nothing."""

    async def keep_lot(self, lot: LotCopy) -> None:
        """Keep a lot."""
        ...

    async def keep_organization(self, organization: OrganizationCopy) -> None:
        """Keep who works for an organization."""
        ...

    async def members(self, organization_ids: Collection[UUID]) -> Mapping[UUID, frozenset[UUID]]:
        """Who works for each of some organizations that have arrived."""
        ...

    async def keep_reservations(self, reservations: Sequence[ReservationCopy]) -> None:
        """Keep whose reservations are; of several versions the newest counts."""
        ...

    async def keep_payments(self, payments: Sequence[PaymentCopy]) -> None:
        """Keep what was paid and what goes back of it; of several versions the newest counts."""
        ...

    async def payments(self, payment_ids: Collection[UUID]) -> Mapping[UUID, PaymentCopy]:
        """Those of some payments that have arrived."""
        ...

    async def holds(self, reservation_ids: Collection[UUID]) -> Mapping[UUID, datetime]:
        """Until when the spots of some reservations wait for a payment; those that wait for none are left out."""
        ...

    async def lot(self, parking_lot_id: UUID) -> LotCopy | None:
        """A lot; nothing while it has not arrived."""
        ...

    async def owner(self, reservation_id: UUID) -> Ownership | None:
        """Whose a reservation is; nothing while it has not arrived."""
        ...
