"""Make a tenant."""

from dataclasses import dataclass

from auth_service.application.ports import OpenWork
from auth_service.domain.organizations import Organization, OrganizationState
from parking_kernel.clocks import Clock, NewId


@dataclass(frozen=True, slots=True)
class CreateOrganization:
    """An administrator takes on a company."""

    name: str


@dataclass(frozen=True, slots=True)
class CreateOrganizationHandler:
    """Makes an organization without members."""

    open_work: OpenWork
    clock: Clock
    new_id: NewId

    async def __call__(self, command: CreateOrganization) -> OrganizationState:
        """The new organization."""
        now = self.clock.now()
        organization = Organization.create(self.new_id(now), command.name, now)
        async with self.open_work() as work:
            await work.organizations.add(organization)
            await work.events.publish(organization)
        return organization.state
