"""Payment's own copy of what reservations owe."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from parking_kernel.money import Money
from parking_messaging.state_copies import upsert_if_newer
from payment_service.adapters.postgres.tables import reservation_dues
from payment_service.domain.charges import ChargeStatus, Dues, OwedCharge, ReservationStatus, known


class PostgresReservationDues:
    """See `payment_service.application.ports.ReservationDues`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, reservation_id: UUID) -> Dues | None:
        """What a reservation owes; none before its first event arrived."""
        statement = select(reservation_dues).where(reservation_dues.c.reservation_id == reservation_id)
        row = (await self._connection.execute(statement)).first()
        if row is None:
            return None
        return Dues(
            row.reservation_id,
            known(ReservationStatus, row.status),
            tuple(OwedCharge(UUID(each["id"]), known(ChargeStatus, each["status"])) for each in row.charges),
            Money(row.refund_due, row.currency),
            row.version,
        )

    async def keep(self, dues: Collection[Dues]) -> Collection[UUID]:
        """Keep what is newer than what is kept, one for each reservation; the reservations that this changed.

        Rows are locked in the order of their ids, whoever else is at it.
        """
        if not dues:
            return ()
        rows = [_row(each) for each in sorted(dues, key=lambda each: each.reservation_id)]
        statement = upsert_if_newer(reservation_dues, rows[0]).returning(reservation_dues.c.reservation_id)
        return (await self._connection.execute(statement, rows)).scalars().all()


def _row(dues: Dues) -> dict[str, object]:
    return {
        "reservation_id": dues.reservation_id,
        "status": str(dues.status),
        "charges": [{"id": str(each.id), "status": str(each.status)} for each in dues.charges],
        "currency": dues.refund_due.currency,
        "refund_due": dues.refund_due.amount,
        "version": dues.version,
    }
