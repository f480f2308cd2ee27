from datetime import datetime

from services.reservation.tests.fakes.clock import FakeClock
from services.reservation.tests.fakes.postgres.tables import Tables

from reservation_service.domain.incoming_payments import TakenIn


class InMemoryPaymentWatermark:
    """See `reservation_service.application.ports.PaymentWatermark`."""

    def __init__(self, tables: Tables) -> None:
        self._row = tables.payment_watermark

    async def read(self) -> TakenIn:
        return self._row["seen"]

    async def advance(self, watermark: TakenIn) -> None:
        if self._row["seen"].until < watermark.until:
            self._row["seen"] = watermark


class FakeTime:
    """See `reservation_service.application.ports.Time`: the database's clock goes as the machine's."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock

    async def now(self) -> datetime:
        return self._clock.now()
