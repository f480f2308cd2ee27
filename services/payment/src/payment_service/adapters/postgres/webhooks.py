"""Which of the provider's messages took effect."""

from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from payment_service.adapters.postgres.tables import webhook_events


class PostgresWebhooks:
    """See `payment_service.application.ports.Webhooks`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def note(self, event_id: str) -> bool:
        """Note a message; false when it was noted before. The same one beside it waits until this transaction ends."""
        statement = insert(webhook_events).values(id=event_id).on_conflict_do_nothing()
        return (await self._connection.execute(statement)).rowcount == 1

    async def purge(self, older_than: timedelta, limit: int) -> int:
        """Delete at most `limit` notes that are older, the oldest first; how many."""
        old = select(webhook_events.c.id).where(webhook_events.c.received_at < func.now() - older_than)
        chosen = old.order_by(webhook_events.c.received_at).limit(limit).with_for_update(skip_locked=True).cte("chosen")
        statement = delete(webhook_events).where(webhook_events.c.id == chosen.c.id)
        return (await self._connection.execute(statement)).rowcount
