"""See to it that each projection has an index, and that its alias leads there."""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics_service.application.ports import Indices, OpenWork, Projection, Targets
from parking_kernel.askers import THE_SERVICE


@dataclass(frozen=True, slots=True)
class PrepareIndices:
    """A worker begins, or looks again."""


@dataclass(frozen=True, slots=True)
class PrepareIndicesHandler:
    """Makes the first index of a projection that has none, and mends an alias that leads nowhere.

    An index that a release before made gets the fields that are new since, so that no document is refused.

    An index that is gone is not made again: it would be empty, and pass for the truth.
    """

    open_work: OpenWork
    indices: Indices

    async def __call__(self, _command: PrepareIndices) -> Sequence[Projection]:
        """The projections whose index is gone, which only a rebuild brings back. Raises `StoreAway`."""
        async with self.open_work(THE_SERVICE) as work:
            targets = await work.register.targets()
        return [projection for projection in Projection if await self._is_gone(projection, targets[projection])]

    async def _is_gone(self, projection: Projection, target: Targets) -> bool:
        if target.serving is None:
            await self._make_first(projection)
            return False
        if not await self.indices.exists(target.serving):
            return True
        await self.indices.extend(projection, target.serving)
        if await self.indices.led_to(projection) not in target.indices:
            await self._mend_alias(projection, target)
        return False

    async def _make_first(self, projection: Projection) -> None:
        index = await self.indices.create(projection)
        async with self.open_work(THE_SERVICE) as work:
            is_first = await work.register.begin_first(projection, index)
            if is_first:
                await self.indices.serve(projection, index)
        if not is_first:
            await self.indices.drop(index)

    async def _mend_alias(self, projection: Projection, seen: Targets) -> None:
        """Under the register's lock: a rebuild that ends just now knows better."""
        async with self.open_work(THE_SERVICE) as work:
            target = (await work.register.targets())[projection]
            if target.serving and target == seen:
                await self.indices.serve(projection, target.serving)
