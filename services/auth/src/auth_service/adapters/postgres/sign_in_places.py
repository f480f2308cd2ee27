"""Where accounts were signed in to, in PostgreSQL."""

from datetime import datetime

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from auth_service.adapters.postgres.tables import sign_in_places
from parking_chassis.tables import is_among


class PostgresSignInPlaces:
    """See `auth_service.application.ports.SignInPlaces`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def is_known(self, key: bytes, since: datetime) -> bool:
        """Whether somebody signed in there at this time or later."""
        mine = exists().where(sign_in_places.c.key == key, sign_in_places.c.last_at >= since)
        return bool((await self._connection.execute(select(mine))).scalar_one())

    async def note(self, key: bytes, at: datetime) -> None:
        """Somebody signed in there."""
        values = {"key": key, "last_at": at}
        statement = insert(sign_in_places).values(values).on_conflict_do_update(index_elements=["key"], set_=values)
        await self._connection.execute(statement)

    async def purge(self, before: datetime, limit: int) -> int:
        """Delete those where nobody signed in since; how many, up to `limit`."""
        last_at = sign_in_places.c.last_at
        old = select(sign_in_places.c.key).where(last_at < before).order_by(last_at).limit(limit)
        statement = delete(sign_in_places).where(is_among(sign_in_places.c.key, old))
        return (await self._connection.execute(statement)).rowcount
