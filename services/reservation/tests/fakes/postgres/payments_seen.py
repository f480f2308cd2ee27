from datetime import datetime

from services.reservation.tests.fakes.clock import FakeClock
from services.reservation.tests.fakes.postgres.tables import Tables

from reservation_service.domain.incoming_payments import TakenIn


class InMemoryPaymentsSeen:
    """See `reservation_service.application.ports.PaymentsSeen`."""

    def __init__(self, tables: Tables) -> None:
        self._row = tables.payments_seen

    async def read(self) -> TakenIn:
        return self._row["seen"]

    async def note(self, seen: TakenIn) -> None:
        if self._row["seen"].until < seen.until:
            self._row["seen"] = seen


class FakeTime:
    """See `reservation_service.application.ports.Time`: the database's clock goes as the machine's."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock

    async def now(self) -> datetime:
        return self._clock.now()
