from collections.abc import Sequence

from services.auth.tests.fakes.postgres.tables import Tables

from auth_service.domain.grants import Grant, Membership
from auth_service.domain.roles import Role
from auth_service.domain.users import UserState


class InMemoryRoles:
    """See `auth_service.application.ports.Roles`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def all(self) -> Sequence[Role]:
        return [Role(name, permissions) for name, permissions in sorted(self._tables.roles.items())]

    async def grant_of(self, user: UserState) -> Grant:
        permitted = [self._tables.roles.get(role, frozenset[str]()) for role in user.roles]
        memberships = [
            Membership(state.id, state.name, state.members[user.id])
            for state in self._tables.organizations.values()
            if user.id in state.members
        ]
        in_order = sorted(memberships, key=lambda each: (each.organization_name, each.organization_id))
        return Grant(frozenset[str]().union(*permitted), in_order)
