"""Delete the indices that a rebuild has replaced."""

from dataclasses import dataclass
from datetime import timedelta

from analytics_service.application.ports import Indices, OpenWork
from parking_kernel.askers import THE_SERVICE
from parking_kernel.clocks import Clock

_KEPT = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class DropOldIndices:
    """Time has passed."""


@dataclass(frozen=True, slots=True)
class DropOldIndicesHandler:
    """Not at once: a question that began to read an index before the alias moved reads it to the end."""

    open_work: OpenWork
    indices: Indices
    clock: Clock

    async def __call__(self, _command: DropOldIndices) -> None:
        """Raises `StoreAway`."""
        async with self.open_work(THE_SERVICE) as work:
            over = await work.register.over_since(self.clock.now() - _KEPT)
        for index in over:
            await self.indices.drop(index)
            async with self.open_work(THE_SERVICE) as work:
                await work.register.remove(index)
