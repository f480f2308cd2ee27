"""Tickets in PostgreSQL: Redis may be away, and a ticket must count once."""

from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.adapters.postgres.tables import tickets
from notification_service.domain.rooms import Visitor
from notification_service.domain.tickets import Ticket
from parking_chassis.tables import is_among


class PostgresTickets:
    """See `notification_service.application.ports.Tickets`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, ticket: Ticket) -> None:
        """Store a new one."""
        visitor = ticket.visitor
        values = {
            "secret_hash": ticket.secret_hash,
            "subject": visitor.subject,
            "organizations": sorted(visitor.organizations),
            "permissions": sorted(visitor.permissions),
            "token_expires_at": visitor.expires_at,
            "login_id": visitor.login_id,
            "expires_at": ticket.expires_at,
        }
        await self._connection.execute(insert(tickets).values(values))

    async def use(self, secret_hash: bytes, at: datetime) -> Visitor | None:
        """Use it up; nobody when it does not count."""
        statement = (
            delete(tickets).where(tickets.c.secret_hash == secret_hash, tickets.c.expires_at > at).returning(tickets)
        )
        row = (await self._connection.execute(statement)).first()
        if row is None:
            return None
        organizations, permissions = frozenset(row.organizations), frozenset(row.permissions)
        return Visitor(row.subject, organizations, permissions, row.token_expires_at, row.login_id)

    async def purge(self, before: datetime, limit: int) -> int:
        """Delete ones that expired before an instant; how many, at most `limit`."""
        expired = select(tickets.c.secret_hash).where(tickets.c.expires_at < before)
        old = expired.order_by(tickets.c.expires_at).limit(limit)
        return (await self._connection.execute(delete(tickets).where(is_among(tickets.c.secret_hash, old)))).rowcount
