"""Give an organization another name."""

from dataclasses import dataclass
from uuid import UUID

from auth_service.application.commands.lock_asker import LockAsker, lock_asker
from auth_service.application.ports import OpenWork
from auth_service.domain.organizations import OrganizationState
from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock
from parking_kernel.concurrency import ChangedMeanwhile


@dataclass(frozen=True, slots=True)
class RenameOrganization:
    """A new name; `expected_version` is the version that the asking person saw."""

    asker: Asker
    organization_id: UUID
    name: str
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class RenameOrganizationHandler:
    """Changes the name."""

    open_work: OpenWork
    clock: Clock

    async def __call__(self, command: RenameOrganization) -> OrganizationState:
        """The organization as it is now. Raises `UnknownOrganization`, `AskerSignedOut` and `ChangedMeanwhile`."""
        async with self.open_work(command.asker) as work:
            organization = await work.organizations.get(command.organization_id)
            await lock_asker(work, LockAsker(command.asker))
            if command.expected_version not in {None, organization.state.version}:
                raise ChangedMeanwhile("organization")
            organization.rename(command.name, self.clock.now())
            await work.organizations.save(organization)
        return organization.state
