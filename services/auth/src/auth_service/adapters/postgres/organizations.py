"""Organizations in PostgreSQL."""

from collections import defaultdict
from collections.abc import Sequence
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import RowMapping, delete, insert, select, update

from auth_service.adapters.postgres.tables import members, organizations
from auth_service.application.ports import Aggregate
from auth_service.domain.errors import UnknownOrganization
from auth_service.domain.organizations import MemberRole, Organization, OrganizationState
from parking_chassis.units_of_work import Transaction
from parking_kernel.concurrency import ChangedMeanwhile

Members = dict[UUID, MemberRole]


class PostgresOrganizations:
    """See `auth_service.application.ports.Organizations`."""

    def __init__(self, transaction: Transaction[Aggregate]) -> None:
        self._connection = transaction.connection
        self._changes = transaction.changes

    async def get(self, organization_id: UUID) -> Organization:
        """One organization, to be changed. Raises `UnknownOrganization`."""
        statement = select(organizations).where(organizations.c.id == organization_id).with_for_update(key_share=True)
        row = (await self._connection.execute(statement)).mappings().first()
        if row is None:
            raise UnknownOrganization(organization_id)
        members_of = await self._members_of([organization_id])
        return self._changes.loaded(Organization(_state(row, members_of[organization_id])))

    async def add(self, organization: Organization) -> None:
        """Store a new organization."""
        state = organization.state
        await self._connection.execute(
            insert(organizations).values(
                id=state.id, name=state.name, created_at=state.created_at, version=state.version
            )
        )
        self._changes.saved(organization)

    async def save(self, organization: Organization) -> None:
        """Store a changed organization. Raises `ChangedMeanwhile`."""
        state = organization.state
        if state.version == organization.loaded_version:
            return
        mine = (organizations.c.id == state.id) & (organizations.c.version == organization.loaded_version)
        statement = update(organizations).where(mine).values(name=state.name, version=state.version)
        if (await self._connection.execute(statement)).rowcount != 1:
            raise ChangedMeanwhile("organization")
        await self._connection.execute(delete(members).where(members.c.organization_id == state.id))
        rows = [
            {"organization_id": state.id, "user_id": user_id, "role": role.value}
            for user_id, role in state.members.items()
        ]
        if rows:
            await self._connection.execute(insert(members), rows)
        self._changes.saved(organization)

    async def page(self, member: UUID | None, after: UUID | None, limit: int) -> Sequence[OrganizationState]:
        """Organizations in the order of their ids, after one of them; only a member's where one is given."""
        statement = select(organizations).order_by(organizations.c.id).limit(limit)
        if member:
            mine = select(members.c.organization_id).where(members.c.user_id == member)
            statement = statement.where(organizations.c.id.in_(mine))
        if after:
            statement = statement.where(organizations.c.id > after)
        rows = (await self._connection.execute(statement)).mappings().all()
        members_of = await self._members_of([row["id"] for row in rows])
        return [_state(row, members_of[row["id"]]) for row in rows]

    async def _members_of(self, organization_ids: Sequence[UUID]) -> dict[UUID, Members]:
        found: dict[UUID, Members] = defaultdict(dict)
        statement = select(members).where(members.c.organization_id.in_(organization_ids)).order_by(members.c.user_id)
        for row in await self._connection.execute(statement):
            found[row.organization_id][row.user_id] = MemberRole(row.role)
        return found


def _state(row: RowMapping, members_of_it: Members) -> OrganizationState:
    return OrganizationState(**row, members=MappingProxyType(members_of_it))
