"""Users in PostgreSQL."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Select, Text, func, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert

from auth_service.adapters.postgres.tables import status_changes, users
from auth_service.application.ports import Aggregate
from auth_service.domain.errors import UnknownUser
from auth_service.domain.users import (
    SHARED_BY,
    PastStatus,
    StatusChange,
    StatusChanged,
    User,
    UserFilter,
    UserState,
    UserStatus,
    normalised_email,
)
from parking_chassis.units_of_work import Transaction
from parking_kernel.concurrency import ChangedMeanwhile

WORDS = literal_column("folded((COALESCE(users.email, ''::text) || ' '::text) || users.full_name)", Text)


class PostgresUsers:
    """See `auth_service.application.ports.Users`."""

    def __init__(self, transaction: Transaction[Aggregate]) -> None:
        self._connection = transaction.connection
        self._changes = transaction.changes

    async def get(self, user_id: UUID) -> User:
        """One user, to be changed. Raises `UnknownUser`."""
        # FOR NO KEY UPDATE: rows that only refer to the user, such as a queued mail, need not wait.
        mine = select(users).where(users.c.id == user_id)
        return self._changes.loaded(User(await self._one(mine.with_for_update(key_share=True), user_id)))

    async def read(self, user_id: UUID) -> UserState:
        """One user as they are. Raises `UnknownUser`."""
        return await self._one(select(users).where(users.c.id == user_id), user_id)

    async def of_address(self, email: str) -> Sequence[UserState]:
        """The accounts of an address in any spelling, the verified one alone where there is one."""
        statement = (
            select(users)
            .where(users.c.email == normalised_email(email))
            .order_by(users.c.is_verified.desc(), users.c.has_signed_in.desc(), users.c.id.desc())
            .limit(SHARED_BY)
        )
        return _of_one_address([_state(row) for row in (await self._connection.execute(statement)).mappings()])

    async def sharing(self, email: str) -> Sequence[User]:
        """The same, to be changed, in the order of their ids, so that no two wait for each other in a circle."""
        # After a wait the row is looked at again: one that lost the address meanwhile is left out.
        mine = select(users).where(users.c.email == normalised_email(email)).order_by(users.c.id)
        rows = (await self._connection.execute(mine.with_for_update(key_share=True))).mappings()
        return [self._changes.loaded(User(state)) for state in _of_one_address([_state(row) for row in rows])]

    async def add(self, user: User) -> bool:
        """Store a new user; false when it is verified and another verified one has the address."""
        taken = {"index_elements": [users.c.email], "index_where": users.c.is_verified}
        statement = insert(users).values(_row(user.state)).on_conflict_do_nothing(**taken)
        if (await self._connection.execute(statement)).rowcount != 1:
            return False
        self._changes.saved(user)
        return True

    async def save(self, user: User) -> None:
        """Store a changed user. Raises `ChangedMeanwhile`."""
        if user.state.version == user.loaded_version:
            return
        mine = (users.c.id == user.state.id) & (users.c.version == user.loaded_version)
        statement = update(users).where(mine).values(_row(user.state))
        if (await self._connection.execute(statement)).rowcount != 1:
            raise ChangedMeanwhile("user")
        await self._note_status(user)
        self._changes.saved(user)

    async def store_hash(self, user_id: UUID, password_hash: str) -> None:
        """Store another hash of the same password."""
        statement = update(users).where(users.c.id == user_id).values(password_hash=password_hash)
        await self._connection.execute(statement)

    async def note_sign_in(self, user_id: UUID) -> None:
        """Note that somebody has signed in to an account."""
        await self._connection.execute(update(users).where(users.c.id == user_id).values(has_signed_in=True))

    async def status_history(self, user_id: UUID, limit: int) -> Sequence[PastStatus]:
        """How the status of an account changed, the last change first; at most `limit`."""
        mine = select(status_changes).where(status_changes.c.user_id == user_id)
        rows = await self._connection.execute(mine.order_by(status_changes.c.version.desc()).limit(limit))
        return [
            PastStatus(UserStatus(row["status"]), StatusChange(row["reason"], row["changed_by"], row["changed_at"]))
            for row in rows.mappings()
        ]

    async def page(self, wanted: UserFilter, after: UUID | None, limit: int) -> Sequence[UserState]:
        """Those wanted, in the order of their ids, after one of them."""
        statement = select(users).where(*_matching(wanted)).order_by(users.c.id).limit(limit)
        if after:
            statement = statement.where(users.c.id > after)
        return [_state(row) for row in (await self._connection.execute(statement)).mappings()]

    async def _note_status(self, user: User) -> None:
        rows = [
            {
                "user_id": each.user.id,
                "version": each.user.version,
                "status": each.user.status.value,
                "reason": change.reason,
                "changed_by": change.by,
                "changed_at": change.at,
            }
            for each in user.events
            if isinstance(each, StatusChanged) and (change := each.user.last_status_change)
        ]
        if rows:
            # What was saved before, with another change of the same user, is there already.
            await self._connection.execute(insert(status_changes).on_conflict_do_nothing(), rows)

    async def _one(self, statement: Select[Any], user_id: UUID) -> UserState:
        row = (await self._connection.execute(statement)).mappings().first()
        if row is None:
            raise UnknownUser(user_id)
        return _state(row)


def _matching(wanted: UserFilter) -> Iterator[ColumnElement[bool]]:
    """The conditions, each as the index for it has it."""
    if wanted.query:
        yield WORDS.like(func.holding(wanted.query))
    if wanted.status is not None:
        yield users.c.status == wanted.status.value
    if wanted.role is not None:
        yield users.c.roles.contains([wanted.role])
    if wanted.is_verified is not None:
        yield users.c.is_verified == wanted.is_verified


def _of_one_address(found: Sequence[UserState]) -> Sequence[UserState]:
    return [state for state in found if state.is_verified] or found


def _state(row: RowMapping) -> UserState:
    reason, by, at = row["status_reason"], row["status_changed_by"], row["status_changed_at"]
    return UserState(
        id=row["id"],
        email=row["email"],
        full_name=row["full_name"],
        phone_number=row["phone_number"],
        password_hash=row["password_hash"],
        is_verified=row["is_verified"],
        status=UserStatus(row["status"]),
        roles=frozenset(row["roles"]),
        created_at=row["created_at"],
        version=row["version"],
        last_status_change=StatusChange(reason, by, at) if reason is not None else None,
        has_signed_in=row["has_signed_in"],
        registered_from=row["registered_from"],
    )


def _row(state: UserState) -> dict[str, object]:
    change = state.last_status_change
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
        "status_reason": change.reason if change else None,
        "status_changed_by": change.by if change else None,
        "status_changed_at": change.at if change else None,
        "has_signed_in": state.has_signed_in,
        "registered_from": state.registered_from,
    }
