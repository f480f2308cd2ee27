"""Which logins were ended: auth asks its own table, so that an end counts at once here."""

from contextlib import AbstractAsyncContextManager, nullcontext
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from auth_service.adapters.postgres.tables import logins
from parking_chassis.access_tokens import Principal


class PostgresRevocations:
    """See `parking_chassis.access_tokens.Revocations`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def is_revoked(self, principal: Principal) -> bool:
        """Whether the token's login is over."""
        if principal.login_id is None:
            return False
        still_open = select(logins.c.id).where(logins.c.id == UUID(principal.login_id), logins.c.ended_at.is_(None))
        async with self._engine.connect() as connection:
            return (await connection.execute(still_open)).first() is None

    def following(self) -> AbstractAsyncContextManager[None]:
        """Nothing to keep up with: each request asks the table itself."""
        return nullcontext()
