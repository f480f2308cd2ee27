"""Whether what was committed of payments is published: reservation lets a hold expire only then."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from payment_service.application.ports import UnpublishedEvent, UnpublishedPayments

_MOST: Final = 1_000
_PAUSE: Final = 0.05
_LOOKS: Final = 20
"""A second in all: the relay publishes within less, and who asks waits for no longer."""


@dataclass(frozen=True, slots=True)
class LookIntoOutbox:
    """Another service asks how far this one's events have left."""


@dataclass(frozen=True, slots=True)
class OutboxState:
    """Whether all that was committed before the question is in Kafka, but for what it refuses.

    `held_reservations`: those of payments whose events wait behind a refused one. Where it is not clear, they are
    not told.
    """

    is_clear: bool
    held_reservations: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class LookIntoOutboxHandler:
    """Waits a moment for what is just leaving: while payments come in all the time, some event always is.

    Of more than a thousand that wait nothing is told but that it is not clear.
    """

    unpublished: UnpublishedPayments
    pause: Callable[[float], Awaitable[object]]

    async def __call__(self, _query: LookIntoOutbox) -> OutboxState:
        """The state by the events that were committed when it was asked."""
        asked_at: int | None = None
        for _ in range(_LOOKS):
            waiting = await self.unpublished.first(_MOST + 1)
            if len(waiting) > _MOST:
                break
            if asked_at is None:
                asked_at = max((event.position for event in waiting), default=0)
            if all(event.position > asked_at or event.is_held for event in waiting):
                return OutboxState(is_clear=True, held_reservations=_held(waiting))
            await self.pause(_PAUSE)
        return OutboxState(is_clear=False)


def _held(waiting: Sequence[UnpublishedEvent]) -> frozenset[UUID]:
    return frozenset(event.reservation_id for event in waiting if event.is_held)
