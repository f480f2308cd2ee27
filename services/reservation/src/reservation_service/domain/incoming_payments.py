"""How far payment's events have come: a hold expires only when no money for it can be on its way."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class OutboxState:
    """Whether all that payment has committed is published, but for what Kafka refuses of some reservations."""

    is_clear: bool
    held_reservations: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class TakenIn:
    """All that payment committed up to an instant has been taken in, but for what concerns `held` reservations."""

    until: datetime
    held: frozenset[UUID] = frozenset()
