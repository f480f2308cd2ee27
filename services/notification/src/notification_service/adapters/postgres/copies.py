"""The own copies of lots, and of whose reservations are, in PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, Table, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.adapters.postgres.tables import lots, organizations, reservation_owners
from notification_service.adapters.postgres.tables import payments as payment_table
from notification_service.application.ports import LotCopy, OrganizationCopy, ReservationCopy
from notification_service.domain.coming_refunds import PaymentCopy, Refund
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

    async def keep_organization(self, organization: OrganizationCopy) -> None:
        """Keep who works for an organization."""
        members = sorted(organization.members)
        values = {"id": organization.id, "members": members, "version": organization.version}
        await self._connection.execute(upsert_if_newer(organizations, values))

    async def members(self, organization_ids: Collection[UUID]) -> Mapping[UUID, frozenset[UUID]]:
        """Who works for each of some organizations that have arrived."""
        statement = select(organizations.c.id, organizations.c.members).where(organizations.c.id.in_(organization_ids))
        return {row.id: frozenset(row.members) for row in await self._connection.execute(statement)}

    async def keep_reservations(self, reservations: Sequence[ReservationCopy]) -> None:
        """Keep whose reservations are; of several versions the newest counts."""
        rows: list[dict[str, object]] = [
            {
                "id": each.id,
                "user_id": each.owner.user_id,
                "organization_id": each.owner.organization_id,
                "held_until": each.held_until,
                "version": each.version,
            }
            for each in reservations
        ]
        await self._keep(reservation_owners, rows)

    async def keep_payments(self, payments: Sequence[PaymentCopy]) -> None:
        """Keep what was paid and what goes back of it; of several versions the newest counts."""
        rows: list[dict[str, object]] = [
            {
                "id": each.id,
                "amount": each.amount,
                "is_disputed": each.is_disputed,
                "refunds": [[str(refund.id), refund.amount, refund.has_arrived] for refund in each.refunds],
                "version": each.version,
            }
            for each in payments
        ]
        await self._keep(payment_table, rows)

    async def payments(self, payment_ids: Collection[UUID]) -> Mapping[UUID, PaymentCopy]:
        """Those of some payments that have arrived."""
        found = await self._connection.execute(select(payment_table).where(payment_table.c.id.in_(payment_ids)))
        return {row["id"]: _payment(row) for row in found.mappings()}

    async def holds(self, reservation_ids: Collection[UUID]) -> Mapping[UUID, datetime]:
        """Until when the spots of some reservations wait for a payment; those that wait for none are left out."""
        held_until = reservation_owners.c.held_until
        statement = select(reservation_owners.c.id, held_until).where(
            reservation_owners.c.id.in_(reservation_ids), held_until.is_not(None)
        )
        return {row.id: row.held_until for row in await self._connection.execute(statement)}

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

    async def _keep(self, table: Table, rows: Sequence[dict[str, object]]) -> None:
        if rows:
            one = upsert_if_newer(table, {name: bindparam(name) for name in rows[0]})
            await self._connection.execute(one, rows)


def _payment(row: RowMapping) -> PaymentCopy:
    refunds = tuple(Refund(UUID(refund_id), amount, has_arrived) for refund_id, amount, has_arrived in row["refunds"])
    return PaymentCopy(row["id"], row["amount"], row["is_disputed"], refunds, row["version"])
