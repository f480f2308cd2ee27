"""How many refunds do not arrive."""

from dataclasses import dataclass

from payment_service.application.ports import OpenWork


@dataclass(frozen=True, slots=True)
class CountStuckRefunds:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class CountStuckRefundsHandler:
    """Counts those that failed at least once and have not arrived."""

    open_work: OpenWork

    async def __call__(self, _query: CountStuckRefunds) -> int:
        """How many."""
        async with self.open_work() as work:
            return await work.oracle.stuck_refunds()
