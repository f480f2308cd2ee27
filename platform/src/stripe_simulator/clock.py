"""The account's time: the machine's, moved forward by the `advance` knob."""

import time

from stripe_simulator.store import Store

OFFSET = "clock_offset"


class Clock:
    """Seconds since 1970. The offset is kept, so that time never runs backwards over a restart."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._offset: float = store.note(OFFSET, 0.0)

    def now(self) -> float:
        """The account's time."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Move the account's time forward."""
        self._offset += seconds
        self._store.keep(OFFSET, self._offset)

    def reset(self) -> None:
        """Go back to the machine's time."""
        self._offset = 0.0
