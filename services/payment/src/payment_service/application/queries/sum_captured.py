"""How much was captured."""

from collections.abc import Mapping
from dataclasses import dataclass

from payment_service.application.ports import OpenWork

_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class SumCaptured:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class SumCapturedHandler:
    """Adds up what was captured since the last time, and keeps the sum."""

    open_work: OpenWork

    async def __call__(self, _query: SumCaptured) -> Mapping[str, int]:
        """Minor units by currency, since ever."""
        while True:
            async with self.open_work() as work:
                if await work.oracle.sum_up_captured(_BATCH) < _BATCH:
                    break
        async with self.open_work() as work:
            return await work.oracle.captured()
