"""The own copies of lots in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from analytics_service.adapters.postgres.tables import lot_sizes, lots
from analytics_service.application.ports import Lot, LotCopy
from analytics_service.domain.occupancy import LotSize
from parking_messaging.state_copies import upsert_if_newer

COLUMNS = select(lots.c.id, lots.c.organization_id, lots.c.time_zone, lots.c.currency, lots.c.spots)

# A version that brings no other size is none.
NOTE_SIZE = text("""
    INSERT INTO lot_sizes (parking_lot_id, version, since, spots)
    SELECT CAST(:lot_id AS uuid), CAST(:version AS integer), CAST(:since AS timestamptz), CAST(:spots AS integer)
    WHERE CAST(:spots AS integer) IS DISTINCT FROM (
        SELECT spots FROM lot_sizes WHERE parking_lot_id = :lot_id ORDER BY version DESC LIMIT 1
    )
""")


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

    async def sizes(self, parking_lot_id: UUID) -> Sequence[LotSize]:
        """How many spots a lot had from when on, the first size that is known first."""
        columns = select(lot_sizes.c.since, lot_sizes.c.spots).where(lot_sizes.c.parking_lot_id == parking_lot_id)
        return [LotSize(*row) for row in await self._connection.execute(columns.order_by(lot_sizes.c.version))]

    async def keep(self, lot: LotCopy, since: datetime) -> None:
        """Keep a lot as it is since an instant; an older version than the stored one changes nothing."""
        values = {
            "id": lot.id,
            "organization_id": lot.organization_id,
            "time_zone": lot.time_zone,
            "currency": lot.currency,
            "spots": lot.spots,
            "version": lot.version,
        }
        if (await self._connection.execute(upsert_if_newer(lots, values))).rowcount:
            size = {"lot_id": lot.id, "version": lot.version, "since": since, "spots": lot.spots}
            await self._connection.execute(NOTE_SIZE, size)


def _lot(lot_id: UUID, organization_id: UUID, time_zone: str, currency: str, spots: int) -> Lot:
    return Lot(lot_id, organization_id, ZoneInfo(time_zone), currency, spots)
