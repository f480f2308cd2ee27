"""What the documents add up to. There are no scripts in this Elasticsearch; sums are aggregations, rates are ours."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from elasticsearch import AsyncElasticsearch

from analytics_service.adapters.elasticsearch.store import asked
from analytics_service.application.ports import Projection, Scope
from analytics_service.domain.buckets import Bucket
from analytics_service.domain.occupancy import FRESH_FOR, Sighting, Stay
from analytics_service.domain.revenue import Sums

PAGE = 1_000
KEPT = "1m"
HELD = ("confirmed", "active", "completed", "no_show")
CAME = ("payment", "dispute_reversal")
WENT = ("refund", "dispute")

Query = Mapping[str, Any]


class ElasticsearchFigures:
    """See `analytics_service.application.ports.Figures`."""

    def __init__(self, client: AsyncElasticsearch) -> None:
        self._client = client

    async def revenue(self, scope: Scope, periods: Sequence[Bucket], currency: str) -> Sequence[Sums]:
        """The sums of each period, in their order."""
        whole = {"gte": periods[0].starts_at.isoformat(), "lt": periods[-1].ends_at.isoformat()}
        ranges = [
            {"key": str(number), "from": period.starts_at.isoformat(), "to": period.ends_at.isoformat()}
            for number, period in enumerate(periods)
        ]
        sums = {"gross": {"sum": {"field": "gross"}}, "tax": {"sum": {"field": "tax"}}}
        found = await self._search(
            Projection.LEDGER,
            query=_all_of(*_scope(scope), {"term": {"currency": currency}}, {"range": {"posted_at": whole}}),
            size=0,
            aggregations={
                "periods": {
                    "date_range": {"field": "posted_at", "ranges": ranges},
                    "aggregations": {"kinds": {"terms": {"field": "kind"}, "aggregations": sums}},
                }
            },
        )
        by_key = {bucket["key"]: bucket for bucket in found["aggregations"]["periods"]["buckets"]}
        return [_sums(by_key[each["key"]]["kinds"]["buckets"]) for each in ranges]

    async def currencies(self, scope: Scope) -> Sequence[str]:
        """The currencies in which anything was booked."""
        found = await self._search(
            Projection.LEDGER,
            query=_all_of(*_scope(scope)),
            size=0,
            aggregations={"currencies": {"terms": {"field": "currency"}}},
        )
        return [bucket["key"] for bucket in found["aggregations"]["currencies"]["buckets"]]

    async def stays(self, parking_lot_id: UUID, period: Bucket) -> Sequence[Stay]:
        """Reservations that hold or held a spot's time in the period."""
        query = _all_of(
            {"term": {"parking_lot_id": str(parking_lot_id)}},
            {"terms": {"status": list(HELD)}},
            {"range": {"starts_at": {"lt": period.ends_at.isoformat()}}},
            {"range": {"ends_at": {"gt": period.starts_at.isoformat()}}},
        )
        return [
            Stay(datetime.fromisoformat(source["starts_at"]), datetime.fromisoformat(source["ends_at"]))
            async for source in self._each(Projection.RESERVATIONS, query, "starts_at")
        ]

    async def sightings(self, parking_lot_id: UUID, period: Bucket, spots: int) -> Sequence[Sighting]:
        """What sensors and counters saw from shortly before the period on, in the order of time.

        Counts are taken as they are. Single spots add up to a share of those that were seen lately.
        """
        observed = {"gte": (period.starts_at - FRESH_FOR).isoformat(), "lt": period.ends_at.isoformat()}
        query = _all_of({"term": {"parking_lot_id": str(parking_lot_id)}}, {"range": {"observed_at": observed}})
        seen: dict[str, bool] = {}
        sightings: list[Sighting] = []
        async for source in self._each(Projection.OCCUPANCY, query, "observed_at"):
            at = datetime.fromisoformat(source["observed_at"])
            if source.get("spot_id"):
                seen[source["spot_id"]] = bool(source["occupied"])
                sightings.append(Sighting(at, sum(seen.values()) / max(spots, len(seen))))
            elif source["capacity"]:
                sightings.append(Sighting(at, source["occupied"] / source["capacity"]))
        return sightings

    async def _each(self, projection: Projection, query: Query, order: str) -> AsyncIterator[Mapping[str, Any]]:
        """Every document, by pages of one point in time: nothing is told twice or left out meanwhile."""
        opened = await asked(self._client.open_point_in_time(index=projection.value, keep_alive=KEPT))
        try:
            after: Sequence[Any] | None = None
            while True:
                found = await asked(
                    self._client.search(
                        query=query,
                        size=PAGE,
                        sort=[{order: "asc"}, {"_shard_doc": "asc"}],
                        search_after=after,
                        pit={"id": opened["id"], "keep_alive": KEPT},
                    )
                )
                hits = found["hits"]["hits"]
                for hit in hits:
                    yield hit["_source"]
                if len(hits) < PAGE:
                    return
                after = hits[-1]["sort"]
        finally:
            await asked(self._client.close_point_in_time(id=opened["id"]))

    async def _search(self, projection: Projection, **question: Any) -> Mapping[str, Any]:
        return await asked(self._client.search(index=projection.value, **question))


def _all_of(*conditions: Query) -> Query:
    return {"bool": {"filter": list(conditions)}}


def _scope(scope: Scope) -> list[Query]:
    conditions: list[Query] = [{"term": {"organization_id": str(scope.organization_id)}}]
    if scope.parking_lot_id:
        conditions.append({"term": {"parking_lot_id": str(scope.parking_lot_id)}})
    return conditions


def _sums(kinds: Sequence[Mapping[str, Any]]) -> Sums:
    gross = {kind["key"]: round(kind["gross"]["value"]) for kind in kinds}
    tax = {kind["key"]: round(kind["tax"]["value"]) for kind in kinds}
    count = {kind["key"]: kind["doc_count"] for kind in kinds}
    return Sums(
        gross=sum(gross.get(kind, 0) for kind in CAME),
        refunds=sum(gross.get(kind, 0) for kind in WENT),
        tax=sum(tax.get(kind, 0) for kind in CAME) - sum(tax.get(kind, 0) for kind in WENT),
        payments=count.get("payment", 0),
    )
