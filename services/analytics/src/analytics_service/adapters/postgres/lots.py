"""The own copies of lots in PostgreSQL."""

from collections.abc import Sequence
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from analytics_service.adapters.postgres.tables import lots
from analytics_service.application.ports import Lot, LotCopy
from parking_messaging.state_copies import upsert_if_newer

COLUMNS = select(lots.c.id, lots.c.organization_id, lots.c.time_zone, lots.c.currency, lots.c.spots)


class PostgresLots:
    """See `analytics_service.application.ports.Lots`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, parking_lot_id: UUID) -> Lot | None:
        """One lot."""
        row = (await self._connection.execute(COLUMNS.where(lots.c.id == parking_lot_id))).first()
        return _lot(*row) if row else None

    async def of_organization(self, organization_id: UUID) -> Sequence[Lot]:
        """An organization's lots."""
        found = await self._connection.execute(COLUMNS.where(lots.c.organization_id == organization_id))
        return [_lot(*row) for row in found]

    async def keep(self, lot: LotCopy) -> None:
        """Keep a lot; an older version than the stored one changes nothing."""
        values = {
            "id": lot.id,
            "organization_id": lot.organization_id,
            "time_zone": lot.time_zone,
            "currency": lot.currency,
            "spots": lot.spots,
            "version": lot.version,
        }
        await self._connection.execute(upsert_if_newer(lots, values))


def _lot(lot_id: UUID, organization_id: UUID, time_zone: str, currency: str, spots: int) -> Lot:
    return Lot(lot_id, organization_id, ZoneInfo(time_zone), currency, spots)
