"""Roles in PostgreSQL."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from auth_service.adapters.postgres.tables import members, organizations, roles
from auth_service.domain.grants import Grant, Membership
from auth_service.domain.organizations import MemberRole
from auth_service.domain.roles import Role
from auth_service.domain.users import UserState


class PostgresRoles:
    """See `auth_service.application.ports.Roles`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def all(self) -> Sequence[Role]:
        """Every role, by name."""
        found = await self._connection.execute(select(roles).order_by(roles.c.name))
        return [Role(row.name, frozenset(row.permissions)) for row in found]

    async def grant_of(self, user: UserState) -> Grant:
        """What the user's roles permit together, and where."""
        permitted = select(roles.c.permissions).where(roles.c.name.in_(user.roles))
        lists = (await self._connection.execute(permitted)).scalars().all()
        belongs = (
            select(members.c.organization_id, organizations.c.name, members.c.role)
            .join_from(members, organizations)
            .where(members.c.user_id == user.id)
            .order_by(organizations.c.name, organizations.c.id)
        )
        return Grant(
            frozenset(permission for permissions in lists for permission in permissions),
            [
                Membership(organization_id, name, MemberRole(role))
                for organization_id, name, role in await self._connection.execute(belongs)
            ],
        )
