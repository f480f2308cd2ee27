from collections.abc import Mapping, Sequence

from services.analytics.tests.fakes.elasticsearch.cluster import FakeCluster

from analytics_service.application.ports import Document, Projection, StoreAway

MOST_OF_A_LONG = 2**63 - 1


class FakeDocuments:
    """Refuses what the real mappings refuse, as far as tests need it: a number that is no long."""

    def __init__(self, cluster: FakeCluster) -> None:
        self._cluster = cluster

    async def put(self, documents: Sequence[Document], indices: Mapping[Projection, Sequence[str]]) -> Sequence[str]:
        self._cluster.require()
        left_out: list[str] = []
        for document in documents:
            for index in indices.get(document.projection, ()):
                if index not in self._cluster.indices:
                    raise StoreAway(f"{index} is gone; `analytics-service rebuild` makes a new index")
                if any(isinstance(value, int) and value > MOST_OF_A_LONG for value in document.body.values()):
                    left_out.append(f"{index}/{document.id}: out of range")
                    continue
                kept = self._cluster.indices[index].get(document.id)
                if kept is None or kept.version < document.version:
                    self._cluster.indices[index][document.id] = document
        return left_out
