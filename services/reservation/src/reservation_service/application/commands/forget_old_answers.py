"""Forget the answers of old requests."""

from dataclasses import dataclass
from datetime import timedelta

from reservation_service.application.ports import Bookings

_KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class ForgetOldAnswers:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class ForgetOldAnswersHandler:
    """An answer is kept for seven days."""

    bookings: Bookings

    async def __call__(self, _command: ForgetOldAnswers) -> int:
        """How many were forgotten."""
        return await self.bookings.forget_answers(_KEPT)
