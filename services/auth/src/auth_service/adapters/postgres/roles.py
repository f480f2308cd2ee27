"""Roles in PostgreSQL."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from auth_service.adapters.postgres.tables import roles
from auth_service.domain.roles import Role


class PostgresRoles:
    """See `auth_service.application.ports.Roles`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def all(self) -> Sequence[Role]:
        """Every role, by name."""
        found = await self._connection.execute(select(roles).order_by(roles.c.name))
        return [Role(row.name, frozenset(row.permissions)) for row in found]

    async def permissions_of(self, names: frozenset[str]) -> frozenset[str]:
        """All that these roles permit together."""
        found = await self._connection.execute(select(roles.c.permissions).where(roles.c.name.in_(names)))
        return frozenset(permission for permissions in found.scalars() for permission in permissions)
