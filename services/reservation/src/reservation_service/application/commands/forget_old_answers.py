"""Forget the answers of old requests."""

from dataclasses import dataclass
from datetime import timedelta

from reservation_service.application.ports import Bookings

_KEPT = timedelta(days=7)
_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class ForgetOldAnswers:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class ForgetOldAnswersHandler:
    """An answer is kept for seven days. They go batch by batch, so that no statement locks many rows for long."""

    bookings: Bookings

    async def __call__(self, _command: ForgetOldAnswers) -> int:
        """How many were forgotten."""
        total = 0
        while True:
            forgotten = await self.bookings.forget_answers(_KEPT, _BATCH)
            total += forgotten
            if forgotten < _BATCH:
                return total
