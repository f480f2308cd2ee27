"""Time that stands still until it is moved."""

from datetime import datetime, timedelta

from services.reservation.tests.examples import NOW


class FakeClock:
    """See `reservation_service.application.ports.Clock`."""

    def __init__(self, present: datetime = NOW) -> None:
        self.present = present

    def now(self) -> datetime:
        return self.present

    def advance(self, span: timedelta) -> None:
        self.present += span
