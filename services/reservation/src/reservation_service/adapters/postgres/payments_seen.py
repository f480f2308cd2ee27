"""How far payment's events were taken in, and the database's clock."""

from datetime import datetime

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from reservation_service.adapters.postgres.tables import payments_seen


class PostgresPaymentsSeen:
    """See `reservation_service.application.ports.PaymentsSeen`. One row, which the migration makes."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def until(self) -> datetime:
        """Holds that fell due after this instant must wait: their money may be on the way."""
        return (await self._connection.execute(select(payments_seen.c.until))).scalar_one()

    async def note(self, at: datetime) -> None:
        """Everything up to this instant has been taken in."""
        newer = payments_seen.c.until < at
        await self._connection.execute(update(payments_seen).where(newer).values(until=at))


class DatabaseTime:
    """See `reservation_service.application.ports.Time`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def now(self) -> datetime:
        """The present instant."""
        return (await self._connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
