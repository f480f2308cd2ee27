from collections.abc import Sequence
from uuid import UUID

from services.auth.tests.fakes.postgres.tables import Tables

from auth_service.application.ports import Aggregate
from auth_service.domain.errors import UnknownOrganization
from auth_service.domain.organizations import Organization, OrganizationState
from parking_kernel.changes import Changes
from parking_kernel.concurrency import ChangedMeanwhile


class InMemoryOrganizations:
    """See `auth_service.application.ports.Organizations`."""

    def __init__(self, tables: Tables, changes: Changes[Aggregate]) -> None:
        self._changes = changes
        self._organizations = tables.organizations

    async def get(self, organization_id: UUID) -> Organization:
        if organization_id not in self._organizations:
            raise UnknownOrganization(organization_id)
        return self._changes.loaded(Organization(self._organizations[organization_id]))

    async def add(self, organization: Organization) -> None:
        self._organizations[organization.state.id] = organization.state
        self._changes.saved(organization)

    async def save(self, organization: Organization) -> None:
        if organization.state.version == organization.loaded_version:
            return
        if self._organizations[organization.state.id].version != organization.loaded_version:
            raise ChangedMeanwhile("organization")
        self._organizations[organization.state.id] = organization.state
        self._changes.saved(organization)

    async def page(self, member: UUID | None, after: UUID | None, limit: int) -> Sequence[OrganizationState]:
        found = [
            state
            for organization_id, state in sorted(self._organizations.items())
            if (after is None or organization_id > after) and (member is None or member in state.members)
        ]
        return found[:limit]
