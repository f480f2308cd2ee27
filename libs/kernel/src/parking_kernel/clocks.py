"""Time and ids from outside, so that a domain can be tried at any instant."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from uuid import UUID


class Clock(Protocol):
    """Time from outside. No setting chooses another: only what wires a service can (decision 0025)."""

    def now(self) -> datetime:
        """The present instant, with its offset."""
        ...


type NewId = Callable[[datetime], UUID]
"""Makes an id of an instant. Ids sort by their instants, to the millisecond (UUIDv7, RFC 9562)."""
