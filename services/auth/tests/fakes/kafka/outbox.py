from services.auth.tests.fakes.postgres.tables import Tables

from auth_service.domain.logins import Login
from auth_service.domain.organizations import Organization
from auth_service.domain.users import User


class InMemoryEvents:
    """See `auth_service.application.ports.Events`."""

    def __init__(self, tables: Tables) -> None:
        self._outbox = tables.outbox

    async def publish(self, *aggregates: User | Login | Organization) -> None:
        self._outbox += [event for aggregate in aggregates for event in aggregate.events]
