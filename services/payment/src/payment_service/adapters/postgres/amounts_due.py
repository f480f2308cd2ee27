"""Payment's own copy of what reservations owe."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from parking_kernel.money import Money
from parking_messaging.state_copies import upsert_if_newer
from payment_service.adapters.postgres.tables import reservation_amounts
from payment_service.domain.charges import AmountsDue, ChargeStatus, OwedCharge, ReservationStatus, known


class PostgresAmountsDue:
    """See `payment_service.application.ports.ReservationAmountsDue`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, reservation_id: UUID) -> AmountsDue | None:
        """What a reservation owes; none before its first event arrived."""
        statement = select(reservation_amounts).where(reservation_amounts.c.reservation_id == reservation_id)
        row = (await self._connection.execute(statement)).first()
        if row is None:
            return None
        return AmountsDue(
            row.reservation_id,
            known(ReservationStatus, row.status),
            tuple(OwedCharge(UUID(each["id"]), known(ChargeStatus, each["status"])) for each in row.charges),
            Money(row.refund_due, row.currency),
            row.version,
        )

    async def save(self, amounts_due: Collection[AmountsDue]) -> Collection[UUID]:
        """Save what is newer than what is stored, one for each reservation; the reservations that this changed.

        Rows are locked in the order of their ids, so that two consumers never wait for each other.
        """
        if not amounts_due:
            return ()
        rows = [_row(each) for each in sorted(amounts_due, key=lambda each: each.reservation_id)]
        statement = upsert_if_newer(reservation_amounts, rows[0]).returning(reservation_amounts.c.reservation_id)
        return (await self._connection.execute(statement, rows)).scalars().all()


def _row(due: AmountsDue) -> dict[str, object]:
    return {
        "reservation_id": due.reservation_id,
        "status": str(due.status),
        "charges": [{"id": str(each.id), "status": str(each.status)} for each in due.charges],
        "currency": due.refund_due.currency,
        "refund_due": due.refund_due.amount,
        "version": due.version,
    }
