from services.parking.tests.fakes.postgres.tables import Tables

from parking_service.domain.organizations import Organization


class InMemoryOrganizations:
    """See `parking_service.application.ports.Organizations`."""

    def __init__(self, tables: Tables) -> None:
        self._organizations = tables.organizations

    async def keep(self, organization: Organization) -> bool:
        known = self._organizations.get(organization.id)
        if known and known.version >= organization.version:
            return False
        self._organizations[organization.id] = organization
        return True
