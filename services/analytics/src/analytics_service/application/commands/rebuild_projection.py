"""Build a read model anew from Kafka, while the old one serves."""

from dataclasses import dataclass

from analytics_service.application.ports import Documents, History, Indices, OpenWork, Projection


@dataclass(frozen=True, slots=True)
class RebuildProjection:
    """An operator wants a projection built anew: its mapping changed, or its index is damaged or gone."""

    projection: Projection
    abandon: bool = False
    """Give up an earlier rebuild that did not end."""


@dataclass(frozen=True, slots=True)
class RebuildProjectionHandler:
    """Blue and green: a second index takes all new events beside the first, then all old ones, then the alias.

    An event that comes twice, or too late, is refused by its version.
    """

    open_work: OpenWork
    indices: Indices
    documents: Documents
    history: History

    async def __call__(self, command: RebuildProjection) -> int:
        """How many events were read. Raises `RebuildRunning` and `StoreAway`."""
        projection = command.projection
        if command.abandon:
            await self._abandon(projection)
        index = await self._begin(projection)
        read = 0
        async for batch in self.history.replay(projection):
            await self.documents.put(batch, {projection: [index]})
            read += len(batch)
        await self.indices.serve(projection, index)
        async with self.open_work() as work:
            old = await work.register.finish_build(projection, index)
        for each in old:
            await self.indices.drop(each)
        return read

    async def _abandon(self, projection: Projection) -> None:
        async with self.open_work() as work:
            left = await work.register.give_up_build(projection)
        for each in left:
            await self.indices.drop(each)

    async def _begin(self, projection: Projection) -> str:
        """The index is there before anyone writes into it, and no transaction waits for Elasticsearch."""
        async with self.open_work() as work:
            index = await work.register.new_name(projection)
        await self.indices.create(index, projection)
        async with self.open_work() as work:
            await work.register.begin_build(projection, index)
        return index
