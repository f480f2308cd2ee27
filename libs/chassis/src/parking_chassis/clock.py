"""Time from outside, so that the domain can be tried at any instant."""

from datetime import UTC, datetime
from typing import Final, Protocol


class Clock(Protocol):
    """What tells a service the time. No setting chooses another: only who wires the service can (decision 0025)."""

    def now(self) -> datetime:
        """The present instant, with its offset."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant, in UTC."""
        return datetime.now(UTC)


SYSTEM_CLOCK: Final = SystemClock()
