"""Build a read model again from Kafka, while the old one serves."""

from contextlib import aclosing
from dataclasses import dataclass

from analytics_service.application.ports import (
    OUTLIVES_ITS_TOPIC,
    Documents,
    History,
    Indices,
    OpenWork,
    Projection,
    Rebuilt,
)
from analytics_service.domain.errors import RebuildRunning
from parking_kernel.askers import THE_SERVICE


@dataclass(frozen=True, slots=True)
class RebuildProjection:
    """An operator wants a projection built again: its mapping changed, or its index is damaged or gone."""

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

    async def __call__(self, command: RebuildProjection) -> Rebuilt:
        """Raises `RebuildRunning`, `RebuildAbandoned`, `StoreAway` and `HistoryAway`; then the old index goes on."""
        projection = command.projection
        if command.abandon:
            await self._abandon(projection)
        index = await self._begin(projection)
        is_served = False
        try:
            rebuilt = await self._fill(projection, index)
            await self._serve(projection, index)
            is_served = True
        finally:
            if not is_served:
                async with self.open_work(THE_SERVICE) as work:
                    await work.register.give_up_build(projection, index)
        return rebuilt

    async def _abandon(self, projection: Projection) -> None:
        """One that died between the alias and the register was complete: it lacks its last step alone."""
        served = await self.indices.led_to(projection)
        async with self.open_work(THE_SERVICE) as work:
            building = (await work.register.targets())[projection].building
            if building and building == served:
                await work.register.finish_build(projection, building)
            elif building:
                await work.register.give_up_build(projection, building)

    async def _begin(self, projection: Projection) -> str:
        """The index is there before anyone writes into it."""
        index = await self.indices.create(projection)
        try:
            async with self.open_work(THE_SERVICE) as work:
                await work.register.begin_build(projection, index)
        except RebuildRunning:
            await self.indices.drop(index)
            raise
        return index

    async def _fill(self, projection: Projection, index: str) -> Rebuilt:
        sources = [self.history.replay(projection)]
        if projection in OUTLIVES_ITS_TOPIC:
            sources.insert(0, self.indices.kept(projection))
        read, left_out = 0, list[str]()
        for source in sources:
            async with aclosing(source) as batches:
                async for batch in batches:
                    left_out += await self.documents.put(batch, {projection: [index]})
                    read += len(batch)
        return Rebuilt(read, left_out)

    async def _serve(self, projection: Projection, index: str) -> None:
        """Alias and register change while nobody writes: what could be found before can be found after.

        The alias is first. A crash between the two leaves both indices written, and the new one served.
        """
        async with self.open_work(THE_SERVICE) as work:
            await work.register.finish_build(projection, index)
            await self.indices.serve(projection, index)
