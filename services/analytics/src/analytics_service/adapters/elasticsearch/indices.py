"""Indices and aliases in Elasticsearch."""

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from importlib import resources
from typing import Any

from elasticsearch import AsyncElasticsearch, NotFoundError

from analytics_service.adapters.elasticsearch.client import asked
from analytics_service.adapters.elasticsearch.names import Names
from analytics_service.adapters.elasticsearch.pages import pages
from analytics_service.application.ports import Document, Projection
from parking_chassis.ids import new_id

# A second node gets a replica by itself; one node alone stays green.
SETTINGS: Mapping[str, Any] = {"number_of_shards": 1, "auto_expand_replicas": "0-1", "refresh_interval": "1s"}


class ElasticsearchIndices:
    """See `analytics_service.application.ports.Indices`."""

    def __init__(self, client: AsyncElasticsearch, names: Names) -> None:
        self._client = client
        self._names = names

    async def create(self, projection: Projection) -> str:
        """Make an empty index with the projection's mapping, under a name that none ever had; the name."""
        index = self._names.index(projection, new_id().hex)
        await asked(
            self._client.indices.create(
                index=index, settings=SETTINGS, mappings=_mapping(projection), aliases={self._names.writing(index): {}}
            )
        )
        return index

    async def extend(self, projection: Projection, index: str) -> None:
        """Give an index the fields that its projection's mapping has got since it was made."""
        found = await asked(self._client.indices.get_mapping(index=index))
        known = found[index]["mappings"]["properties"]
        new = {name: field for name, field in _mapping(projection)["properties"].items() if name not in known}
        if new:
            await asked(self._client.indices.put_mapping(index=index, properties=new))

    async def exists(self, index: str) -> bool:
        """Whether an index is there."""
        return bool(await asked(self._client.indices.exists(index=index)))

    async def led_to(self, projection: Projection) -> str | None:
        """The index that the projection's alias leads to, if there is the alias."""
        return next(iter(await self._led_to(projection)), None)

    async def serve(self, projection: Projection, index: str) -> None:
        """Let the projection's alias lead to this index alone, in one step."""
        await asked(self._client.indices.refresh(index=index))
        alias = self._names.reading(projection)
        old = [{"remove": {"index": each, "alias": alias}} for each in await self._led_to(projection) if each != index]
        await asked(self._client.indices.update_aliases(actions=[*old, {"add": {"index": index, "alias": alias}}]))

    async def drop(self, index: str) -> None:
        """Delete an index, if it is there."""
        await asked(self._client.indices.delete(index=index, ignore_unavailable=True))

    async def kept(self, projection: Projection) -> AsyncGenerator[Sequence[Document]]:
        """The documents that the alias leads to, in batches; none where there is no alias."""
        if await self.led_to(projection) is None:
            return
        everything = pages(self._client, self._names.reading(projection), query={"match_all": {}}, version=True)
        async with aclosing(everything) as found:
            async for hits in found:
                yield [Document(projection, hit["_id"], hit["_version"], hit["_source"]) for hit in hits]

    async def _led_to(self, projection: Projection) -> Sequence[str]:
        return list(await asked(self._aliased(self._names.reading(projection))))

    async def _aliased(self, alias: str) -> Mapping[str, Any]:
        try:
            return (await self._client.indices.get_alias(name=alias)).body
        except NotFoundError:
            return {}


def _mapping(projection: Projection) -> Mapping[str, Any]:
    return json.loads(resources.files(__package__).joinpath("mappings", f"{projection.value}.json").read_text())
