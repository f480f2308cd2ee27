"""Reading everything that a question finds, however much it is."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from elasticsearch import AsyncElasticsearch

from analytics_service.adapters.elasticsearch.client import asked
from analytics_service.application.ports import StoreAway

PAGE = 2_000
KEPT = "1m"

Hit = Mapping[str, Any]


async def pages(
    client: AsyncElasticsearch, alias: str, *, sort: Sequence[Mapping[str, str]] = (), **question: Any
) -> AsyncGenerator[Sequence[Hit]]:
    """All hits in their order, by pages of one point in time: nothing is read twice or left out meanwhile.

    The point in time also holds on to the index that the alias led to. Raises `StoreAway`.
    """
    opened = await asked(client.open_point_in_time(index=alias, keep_alive=KEPT))
    try:
        after: Sequence[Any] | None = None
        while True:
            found = await asked(
                client.search(
                    **question,
                    size=PAGE,
                    sort=[*sort, {"_shard_doc": "asc"}],
                    search_after=after,
                    pit={"id": opened["id"], "keep_alive": KEPT},
                    track_total_hits=False,
                    allow_partial_search_results=False,
                )
            )
            hits = found["hits"]["hits"]
            if hits:
                yield hits
            if len(hits) < PAGE:
                return
            after = hits[-1]["sort"]
    finally:
        with suppress(StoreAway):  # it ends by itself after a minute
            await asked(client.close_point_in_time(id=opened["id"]))
