"""The clock that services are wired with; see `parking_kernel.clocks`."""

from datetime import UTC, datetime
from typing import Final


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant, in UTC."""
        return datetime.now(UTC)


SYSTEM_CLOCK: Final = SystemClock()
