"""Why operators cancelled reservations."""

from typing import Protocol
from uuid import UUID


class ReasonsAway(Exception):
    """Reservation does not answer now."""


class OperatorReasons(Protocol):
    """Reservation, which alone has the words of an operator who cancelled: no event carries a free text."""

    async def of(self, reservation_id: UUID) -> str | None:
        """What an operator wrote who cancelled a reservation; none where none did. Raises `ReasonsAway`."""
        ...
