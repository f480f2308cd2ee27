from datetime import datetime
from uuid import UUID

from services.reservation.tests.fakes.postgres.tables import Tables

from reservation_service.application.ports import UserCopy


class InMemoryUsers:
    """See `reservation_service.application.ports.Users`. A row is the version, and since when it is suspended."""

    def __init__(self, tables: Tables) -> None:
        self._rows = tables.users

    async def keep(self, user: UserCopy) -> bool:
        version, since = self._rows.get(user.id, (0, None))
        if user.version <= version:
            return False
        now_since = min(since or user.published_at, user.published_at) if user.is_suspended else None
        self._rows[user.id] = (user.version, now_since)
        return (since is None) != (now_since is None)

    async def suspended_at(self, user_id: UUID) -> datetime | None:
        _, since = self._rows.get(user_id, (0, None))
        return since
