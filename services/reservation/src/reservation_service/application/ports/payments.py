"""How far payment's events have come, by the database's clock."""

from datetime import datetime
from typing import Protocol

from reservation_service.domain.incoming_payments import OutboxState, TakenIn


class PaymentWatermark(Protocol):
    """Up to when everything that payment committed has been consumed."""

    async def read(self) -> TakenIn:
        """Holds that fell due after that, and those of held reservations, must wait: their money may be on the way."""
        ...

    async def advance(self, watermark: TakenIn) -> None:
        """Replace the watermark, unless it is at a later instant already."""
        ...


class Time(Protocol):
    """The database's clock, by which every deadline is measured."""

    async def now(self) -> datetime:
        """The present instant."""
        ...


class PaymentOutbox(Protocol):
    """What payment has committed and not yet published."""

    async def state(self) -> OutboxState:
        """How far payment's events have left, by what was committed at the question; not clear while it is away."""
        ...


class PaymentBacklog(Protocol):
    """What payment published and this service has not consumed yet."""

    async def is_taken_in(self) -> bool:
        """Whether all that was published by the question is consumed; false too while Kafka does not answer."""
        ...
