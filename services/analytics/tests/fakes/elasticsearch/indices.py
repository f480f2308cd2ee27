from collections.abc import AsyncGenerator, Sequence

from services.analytics.tests.fakes.elasticsearch.cluster import FakeCluster

from analytics_service.application.ports import Document, Projection, StoreAway


class FakeIndices:
    def __init__(self, cluster: FakeCluster) -> None:
        self._cluster = cluster

    async def create(self, projection: Projection) -> str:
        self._cluster.require()
        self._cluster.made += 1
        index = f"{projection.value}-{self._cluster.made}"
        self._cluster.indices[index] = {}
        return index

    async def extend(self, projection: Projection, index: str) -> None:
        self._cluster.require()  # here any index takes any field

    async def exists(self, index: str) -> bool:
        self._cluster.require()
        return index in self._cluster.indices

    async def led_to(self, projection: Projection) -> str | None:
        self._cluster.require()
        return self._cluster.aliases.get(projection)

    async def serve(self, projection: Projection, index: str) -> None:
        self._cluster.require()
        if index not in self._cluster.indices:
            raise StoreAway(f"{index} is gone")
        self._cluster.aliases[projection] = index

    async def drop(self, index: str) -> None:
        self._cluster.require()
        self._cluster.indices.pop(index, None)
        self._cluster.aliases = {alias: to for alias, to in self._cluster.aliases.items() if to != index}

    async def kept(self, projection: Projection) -> AsyncGenerator[Sequence[Document]]:
        self._cluster.require()
        if projection in self._cluster.aliases:
            yield list(self._cluster.found(projection).values())
