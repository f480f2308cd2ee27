"""Users in PostgreSQL."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import RowMapping, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from auth_service.adapters.postgres.tables import users
from auth_service.domain.errors import ChangedMeanwhile, UnknownUser
from auth_service.domain.users import User, UserState, UserStatus, normalised_email


class PostgresUsers:
    """See `auth_service.application.ports.Users`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, user_id: UUID) -> User:
        """One user. Raises `UnknownUser`."""
        row = (await self._connection.execute(select(users).where(users.c.id == user_id))).mappings().first()
        if row is None:
            raise UnknownUser(user_id)
        return User(_state(row))

    async def by_email(self, email: str) -> User | None:
        """The user of an address, in any spelling."""
        statement = select(users).where(users.c.email == normalised_email(email))
        row = (await self._connection.execute(statement)).mappings().first()
        return User(_state(row)) if row else None

    async def add(self, user: User) -> bool:
        """Keep a new user; false when the address is taken."""
        statement = insert(users).values(_row(user.state)).on_conflict_do_nothing(index_elements=[users.c.email])
        return (await self._connection.execute(statement)).rowcount == 1

    async def save(self, user: User) -> None:
        """Keep a changed user. Raises `ChangedMeanwhile`."""
        if user.state.version == user.loaded_version:
            return
        mine = (users.c.id == user.state.id) & (users.c.version == user.loaded_version)
        statement = update(users).where(mine).values(_row(user.state))
        if (await self._connection.execute(statement)).rowcount != 1:
            raise ChangedMeanwhile("user")

    async def page(self, query: str | None, after: UUID | None, limit: int) -> Sequence[UserState]:
        """Users in the order of their ids, after one of them, whose name or address contains `query`."""
        statement = select(users).order_by(users.c.id).limit(limit)
        if after:
            statement = statement.where(users.c.id > after)
        if query:
            contains = [column.icontains(query, autoescape=True) for column in (users.c.email, users.c.full_name)]
            statement = statement.where(or_(*contains))
        return [_state(row) for row in (await self._connection.execute(statement)).mappings()]


def _state(row: RowMapping) -> UserState:
    return UserState(**{**row, "status": UserStatus(row["status"]), "roles": frozenset(row["roles"])})


def _row(state: UserState) -> dict[str, object]:
    return {
        "id": state.id,
        "email": state.email,
        "full_name": state.full_name,
        "phone_number": state.phone_number,
        "password_hash": state.password_hash,
        "is_verified": state.is_verified,
        "status": state.status.value,
        "roles": sorted(state.roles),
        "created_at": state.created_at,
        "version": state.version,
    }
