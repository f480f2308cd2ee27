"""How far payment's events were consumed, and the database's clock."""

from datetime import datetime

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from reservation_service.adapters.postgres.tables import payment_watermark
from reservation_service.domain.incoming_payments import TakenIn


class PostgresPaymentWatermark:
    """See `reservation_service.application.ports.PaymentWatermark`. One row, which the migration makes."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def read(self) -> TakenIn:
        """Holds that fell due after that, and those of held reservations, must wait: their money may be on the way."""
        row = (await self._connection.execute(select(payment_watermark))).one()
        return TakenIn(row.until, frozenset(row.held))

    async def advance(self, watermark: TakenIn) -> None:
        """Replace the watermark, unless it is at a later instant already."""
        newer = payment_watermark.c.until < watermark.until
        values = {"until": watermark.until, "held": sorted(watermark.held)}
        await self._connection.execute(update(payment_watermark).where(newer).values(values))


class DatabaseTime:
    """See `reservation_service.application.ports.Time`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def now(self) -> datetime:
        """The present instant."""
        return (await self._connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
