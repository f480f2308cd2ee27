"""Parking published a tariff version."""

from dataclasses import dataclass

from reservation_service.application.ports import Work
from reservation_service.domain.lots import TariffVersion


@dataclass(frozen=True, slots=True)
class KeepTariff:
    """The version; it never changes."""

    version: TariffVersion


async def keep_tariff(work: Work, event: KeepTariff) -> None:
    """Store it; bookings name the version that they were quoted."""
    await work.copies.keep_tariff(event.version)
