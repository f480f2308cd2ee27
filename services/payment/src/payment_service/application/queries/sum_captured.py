"""How much was captured."""

from collections.abc import Mapping
from dataclasses import dataclass

from payment_service.application.ports import OpenWork


@dataclass(frozen=True, slots=True)
class SumCaptured:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class SumCapturedHandler:
    """Sums the ledger."""

    open_work: OpenWork

    async def __call__(self, _query: SumCaptured) -> Mapping[str, int]:
        """Minor units by currency, since ever."""
        async with self.open_work() as work:
            return await work.oracle.captured()
