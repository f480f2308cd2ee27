"""A clock that runs as fast as the machine's, and can be put to another time (decision 0025)."""

from datetime import datetime, timedelta

from parking_chassis.clock import SYSTEM_CLOCK


class DemoClock:
    """The clock of the seeding's handlers; see `parking_chassis.clock.Clock`."""

    def __init__(self) -> None:
        self.behind = timedelta()
        """How far it is behind the machine's clock."""

    def now(self) -> datetime:
        """The present instant of the demonstration."""
        return SYSTEM_CLOCK.now() - self.behind

    def put_to(self, at: datetime) -> None:
        """Have it show an instant, and run on from there."""
        self.behind = SYSTEM_CLOCK.now() - at
