from datetime import datetime

from services.notification.tests.fakes.postgres.tables import Tables

from notification_service.domain.rooms import Visitor
from notification_service.domain.tickets import Ticket


class InMemoryTickets:
    """See `notification_service.application.ports.Tickets`."""

    def __init__(self, tables: Tables) -> None:
        self._kept = tables.tickets

    async def add(self, ticket: Ticket) -> None:
        self._kept[ticket.secret_hash] = ticket

    async def use(self, secret_hash: bytes, at: datetime) -> Visitor | None:
        ticket = self._kept.get(secret_hash)
        if ticket is None or ticket.expires_at <= at:
            return None
        del self._kept[secret_hash]
        return ticket.visitor

    async def purge(self, before: datetime, limit: int) -> int:
        old = [key for key, ticket in self._kept.items() if ticket.expires_at < before][:limit]
        for key in old:
            del self._kept[key]
        return len(old)
