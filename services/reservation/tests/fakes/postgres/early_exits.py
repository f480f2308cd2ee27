from datetime import datetime
from uuid import UUID

from services.reservation.tests.fakes.postgres.tables import Tables


class InMemoryEarlyExits:
    """See `reservation_service.application.ports.EarlyExits`."""

    def __init__(self, tables: Tables) -> None:
        self._rows = tables.early_exits

    async def keep(self, reservation_id: UUID, exited_at: datetime) -> None:
        self._rows.setdefault((reservation_id, exited_at), None)

    async def take(self, reservation_id: UUID, since: datetime) -> datetime | None:
        kept = [at for each, at in self._rows if each == reservation_id]
        first = min((at for at in kept if at >= since), default=None)
        if first is not None:
            for at in kept:
                del self._rows[reservation_id, at]
        return first

    async def has(self, reservation_id: UUID, since: datetime) -> bool:
        return any(each == reservation_id and at >= since for each, at in self._rows)
