"""Make the indices of a new installation."""

from dataclasses import dataclass

from analytics_service.application.ports import Indices, OpenWork, Projection


@dataclass(frozen=True, slots=True)
class PrepareIndices:
    """`migrate` was called."""


@dataclass(frozen=True, slots=True)
class PrepareIndicesHandler:
    """Makes the first index of each projection that has none. One that serves already stays as it is."""

    open_work: OpenWork
    indices: Indices

    async def __call__(self, _command: PrepareIndices) -> None:
        """Raises `StoreAway`."""
        async with self.open_work() as work:
            served = (await work.register.targets()).indices
        for projection in Projection:
            if not served.get(projection):
                await self._make_first(projection)

    async def _make_first(self, projection: Projection) -> None:
        async with self.open_work() as work:
            index = await work.register.new_name(projection)
        await self.indices.create(index, projection)
        await self.indices.serve(projection, index)
        async with self.open_work() as work:
            await work.register.begin_build(projection, index)
            await work.register.finish_build(projection, index)
