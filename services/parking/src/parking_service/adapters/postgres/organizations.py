"""The copy of the tenants."""

from sqlalchemy.ext.asyncio import AsyncConnection

from parking_messaging import upsert_if_newer
from parking_service.adapters.postgres.tables import organizations
from parking_service.domain.organizations import Organization


class PostgresOrganizations:
    """See `parking_service.application.ports.Organizations`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def keep(self, organization: Organization) -> bool:
        """Store what auth published, unless something newer is known; whether it was stored."""
        values = {"id": organization.id, "name": organization.name, "version": organization.version}
        statement = upsert_if_newer(organizations, values).returning(organizations.c.id)
        return (await self._connection.execute(statement)).first() is not None
