"""The own copies of lots, and of whose reservations are, in PostgreSQL."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.adapters.postgres.tables import lots, reservation_owners
from notification_service.application.ports import LotCopy, ReservationCopy
from notification_service.domain.rooms import Ownership
from parking_messaging.state_copies import upsert_if_newer


class PostgresCopies:
    """See `notification_service.application.ports.Copies`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def keep_lot(self, lot: LotCopy) -> None:
        """Keep a lot."""
        values = {
            "id": lot.id,
            "name": lot.name,
            "address": lot.address,
            "time_zone": lot.time_zone,
            "version": lot.version,
        }
        await self._connection.execute(upsert_if_newer(lots, values))

    async def keep_reservations(self, reservations: Sequence[ReservationCopy]) -> None:
        """Keep whose reservations are; of several versions the newest counts."""
        rows = [
            {
                "id": each.id,
                "user_id": each.owner.user_id,
                "organization_id": each.owner.organization_id,
                "version": each.version,
            }
            for each in reservations
        ]
        if rows:
            one = upsert_if_newer(reservation_owners, {name: bindparam(name) for name in rows[0]})
            await self._connection.execute(one, rows)

    async def lot(self, parking_lot_id: UUID) -> LotCopy | None:
        """A lot; nothing while it has not arrived."""
        found = await self._connection.execute(select(lots).where(lots.c.id == parking_lot_id))
        row = found.mappings().first()
        return LotCopy(**row) if row else None

    async def owner(self, reservation_id: UUID) -> Ownership | None:
        """Whose a reservation is; nothing while it has not arrived."""
        statement = select(reservation_owners.c.user_id, reservation_owners.c.organization_id).where(
            reservation_owners.c.id == reservation_id
        )
        row = (await self._connection.execute(statement)).first()
        return Ownership(row.user_id, row.organization_id) if row else None
