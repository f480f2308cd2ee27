"""Auth published an organization: keep a copy, and give a new one its default tariff."""

from dataclasses import dataclass

from parking_kernel.clocks import Clock, NewId
from parking_kernel.tariffs import Tariff
from parking_service.application.ports import Work
from parking_service.domain.errors import UnknownOrganization
from parking_service.domain.organizations import Organization
from parking_service.domain.tariffs import TariffState, TariffVersion


@dataclass(frozen=True, slots=True)
class KeepOrganization:
    """An organization as auth published it."""

    organization: Organization


@dataclass(frozen=True, slots=True)
class KeepOrganizationHandler:
    """Works in the consumer's transaction. A version that is not newer changes nothing."""

    default_terms: Tariff
    clock: Clock
    new_id: NewId

    async def __call__(self, event: KeepOrganization, work: Work) -> None:
        """Keep the copy."""
        organization = event.organization
        if not await work.organizations.keep(organization):
            return
        try:
            await work.tariffs.default_of(organization.id)
        except UnknownOrganization:
            now = self.clock.now()
            tariff = TariffVersion.publish(
                TariffState(self.new_id(now), organization.id, None, 1, self.default_terms, now)
            )
            await work.tariffs.add([tariff])
