"""Time that stands still until it is moved."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class FakeClock:
    """See `parking_kernel.clocks.Clock`."""

    def __init__(self, present: datetime = START) -> None:
        self.present = present

    def now(self) -> datetime:
        return self.present

    def advance(self, span: timedelta) -> None:
        self.present += span
