"""What was answered to requests with an idempotency key."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from parking_kernel.repeatable import Answer, InFlight, KeyReused, RequestKey
from payment_service.adapters.postgres.tables import idempotency_keys as keys


class PostgresAnswers:
    """See `payment_service.application.ports.Answers`.

    A claim is a row without an answer; it counts until its time is over, since whoever made it may have crashed.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def claim(self, key: RequestKey, until: datetime) -> Answer | None:
        """The first answer to this key; without one, the key is ours until then. Raises `KeyReused`, `InFlight`."""
        claim = insert(keys).values(scope=key.scope, key=key.key, fingerprint=key.fingerprint, claimed_until=until)
        is_abandoned = keys.c.status.is_(None) & (keys.c.claimed_until < func.clock_timestamp())
        statement = claim.on_conflict_do_update(
            index_elements=[keys.c.scope, keys.c.key],
            set_={"claimed_until": until},
            where=is_abandoned & (keys.c.fingerprint == key.fingerprint),
        )
        if (await self._connection.execute(statement)).rowcount == 1:
            return None
        row = (await self._connection.execute(select(keys).where(_is(key)))).first()
        if row is None:  # it was released between the two statements
            raise InFlight(key.key)
        if row.fingerprint != key.fingerprint:
            raise KeyReused(key.key)
        if row.status is None:
            raise InFlight(key.key)
        return Answer(row.status, row.body, replayed=True)

    async def keep(self, key: RequestKey, answer: Answer | None) -> None:
        """Keep the answer of a key that was claimed; without one, let the claim go."""
        mine = _is(key) & keys.c.status.is_(None)
        if answer is None:
            await self._connection.execute(delete(keys).where(mine))
        else:
            await self._connection.execute(update(keys).where(mine).values(status=answer.status, body=answer.body))

    async def forget(self, older_than: timedelta, limit: int) -> int:
        """Delete answers that were kept for longer, the oldest first; how many, up to `limit`."""
        old = select(keys.c.scope, keys.c.key).where(keys.c.created_at < func.now() - older_than)
        chosen = old.order_by(keys.c.created_at).limit(limit).with_for_update(skip_locked=True).cte("chosen")
        statement = delete(keys).where(keys.c.scope == chosen.c.scope, keys.c.key == chosen.c.key)
        return (await self._connection.execute(statement)).rowcount


def _is(key: RequestKey) -> ColumnElement[bool]:
    return (keys.c.scope == key.scope) & (keys.c.key == key.key)
