"""Whether what was committed of payments is published: reservation lets a hold expire only then."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from payment_service.application.ports import UnpublishedEvent, UnpublishedPayments

_MOST: Final = 1_000
_PAUSE: Final = 0.05
_LOOKS: Final = 20
"""A second in all: the relay publishes within less, and reservation waits for no longer."""


@dataclass(frozen=True, slots=True)
class LookIntoOutbox:
    """Another service asks how far this one's events have left."""


@dataclass(frozen=True, slots=True)
class LookIntoOutboxHandler:
    """Waits a moment for what is just leaving: while payments come in all the time, some event always is.

    Of more than a thousand that wait nothing is said but that it is not clear.
    """

    unpublished: UnpublishedPayments
    pause: Callable[[float], Awaitable[object]]

    async def __call__(self, _query: LookIntoOutbox) -> frozenset[UUID] | None:
        """None while an event that was committed before the question is not published.

        Else the reservations of those payments whose events wait behind one that Kafka refuses.
        """
        asked_at: int | None = None
        for _ in range(_LOOKS):
            waiting = await self.unpublished.first(_MOST + 1)
            if len(waiting) > _MOST:
                break
            if asked_at is None:
                asked_at = max((event.position for event in waiting), default=0)
            if all(event.position > asked_at or event.is_held for event in waiting):
                return _held(waiting)
            await self.pause(_PAUSE)
        return None


def _held(waiting: Sequence[UnpublishedEvent]) -> frozenset[UUID]:
    return frozenset(event.reservation_id for event in waiting if event.is_held)
