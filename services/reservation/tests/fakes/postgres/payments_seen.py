from datetime import datetime

from services.reservation.tests.fakes.clock import FakeClock
from services.reservation.tests.fakes.postgres.tables import Tables


class InMemoryPaymentsSeen:
    """See `reservation_service.application.ports.PaymentsSeen`."""

    def __init__(self, tables: Tables) -> None:
        self._row = tables.payments_seen

    async def until(self) -> datetime:
        return self._row["until"]

    async def note(self, at: datetime) -> None:
        self._row["until"] = max(at, self._row["until"])


class FakeTime:
    """See `reservation_service.application.ports.Time`: the database's clock goes as the machine's."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock

    async def now(self) -> datetime:
        return self._clock.now()
