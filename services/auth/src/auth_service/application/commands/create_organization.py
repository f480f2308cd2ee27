"""Make a tenant."""

from collections.abc import Callable
from dataclasses import dataclass

from auth_service.application.commands.lock_asker import LockAsker, lock_asker
from auth_service.application.ports import OpenWork
from auth_service.domain.organizations import Organization, OrganizationState
from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock, NewId
from parking_kernel.repeatable import Answer, RequestKey, once


@dataclass(frozen=True, slots=True)
class CreateOrganization:
    """An administrator takes on a company. `key` makes a repeated request harmless."""

    asker: Asker
    name: str
    key: RequestKey | None = None


@dataclass(frozen=True, slots=True)
class CreateOrganizationHandler:
    """Makes an organization without members."""

    open_work: OpenWork
    clock: Clock
    new_id: NewId

    async def __call__(self, command: CreateOrganization, render: Callable[[OrganizationState], Answer]) -> Answer:
        """The new organization as `render` shows it, or the first answer to the key.

        Raises `KeyReused`, `InFlight` and `AskerSignedOut`.
        """
        async with self.open_work(command.asker) as work:

            async def act() -> Answer:
                await lock_asker(work, LockAsker(command.asker))
                now = self.clock.now()
                organization = Organization.create(self.new_id(now), command.name, now)
                await work.organizations.add(organization)
                return render(organization.state)

            return await once(work.answers, command.key, act)
