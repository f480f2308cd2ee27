"""What the documents add up to. There are no scripts in this Elasticsearch; sums are aggregations, rates are ours."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from elasticsearch import AsyncElasticsearch

from analytics_service.adapters.elasticsearch.client import asked
from analytics_service.adapters.elasticsearch.names import Names
from analytics_service.adapters.elasticsearch.pages import Hit, pages
from analytics_service.application.ports import Projection, Scope, StoreAway
from analytics_service.domain.buckets import EARLIEST, Bucket
from analytics_service.domain.occupancy import FRESH_FOR, Bookings, Flow, Measure, Sighting
from analytics_service.domain.revenue import Sums

HELD = ("confirmed", "active", "completed", "no_show")
CAME = ("payment", "dispute_reversal")
WENT = ("refund", "dispute")
MOST_CURRENCIES = 200  # ISO 4217 knows fewer
OF_AN_EARLIER_RELEASE = "an earlier release built the index; `analytics-service rebuild reservations` builds it again"
MILLISECOND = timedelta(milliseconds=1)

Query = Mapping[str, Any]


class ElasticsearchFigures:
    """See `analytics_service.application.ports.Figures`."""

    def __init__(self, client: AsyncElasticsearch, names: Names) -> None:
        self._client = client
        self._names = names

    async def revenue(self, scope: Scope, periods: Sequence[Bucket], currency: str) -> Sequence[Sums]:
        """The sums of each period, in their order. Elasticsearch adds doubles: exact below 2^53 minor units."""
        posted = {"gte": periods[0].starts_at.isoformat(), "lt": periods[-1].ends_at.isoformat()}
        sums = {"gross": {"sum": {"field": "gross"}}, "tax": {"sum": {"field": "tax"}}}
        found = await self._aggregated(
            Projection.LEDGER,
            _all_of(*_scope(scope), {"term": {"currency": currency}}, {"range": {"posted_at": posted}}),
            {"periods": _by_period("posted_at", periods, {"kinds": {"terms": {"field": "kind"}, "aggs": sums}})},
        )
        return [_sums(each["kinds"]["buckets"]) for each in _in_order(found["periods"])]

    async def currencies(self, scope: Scope) -> Sequence[str]:
        """The currencies in which anything was booked."""
        by_currency = {"terms": {"field": "currency", "size": MOST_CURRENCIES}}
        found = await self._aggregated(Projection.LEDGER, _all_of(*_scope(scope)), {"currencies": by_currency})
        return [bucket["key"] for bucket in found["currencies"]["buckets"]]

    async def bookings(self, parking_lot_id: UUID, periods: Sequence[Bucket]) -> Bookings:
        """The reservations that hold or held a spot's time in the periods: counted and added up where they are.

        Raises `StoreAway` too while the lot has documents that an earlier release wrote: what they leave out would pass
        for time that nobody booked.
        """
        start, end = periods[0].starts_at.isoformat(), periods[-1].ends_at.isoformat()
        within = ({"range": {"booked_from": {"lt": end}}}, {"range": {"booked_until": {"gt": start}}})
        found = await self._aggregated(
            Projection.RESERVATIONS,
            _all_of(
                {"term": {"parking_lot_id": str(parking_lot_id)}},
                {"terms": {"status": list(HELD)}},
                {"bool": {"should": [_all_of(*within), _none_of({"exists": {"field": "booked_until"}})]}},
            ),
            {
                "unknown": {"missing": {"field": "booked_until"}},
                "running": {"filter": {"range": {"booked_from": {"lt": start}}}},
                "begun": _by_period("booked_from", periods, {"at": {"sum": {"field": "booked_from"}}}),
                "ended": _by_period("booked_until", periods, {"at": {"sum": {"field": "booked_until"}}}),
            },
        )
        if found["unknown"]["doc_count"]:
            raise StoreAway(OF_AN_EARLIER_RELEASE)
        begun, ended = _in_order(found["begun"]), _in_order(found["ended"])
        flows = [
            Flow(begins["doc_count"], _left(period, begins), ends["doc_count"], _left(period, ends))
            for period, begins, ends in zip(periods, begun, ended, strict=True)
        ]
        return Bookings(found["running"]["doc_count"], flows)

    async def sightings(self, parking_lot_id: UUID, period: Bucket) -> AsyncGenerator[Sighting]:
        """What sensors and counters saw, from as long before the period as it still counts."""
        longest = max(FRESH_FOR.values())
        observed = {"gte": (period.starts_at - longest).isoformat(), "lt": period.ends_at.isoformat()}
        found = pages(
            self._client,
            self._names.reading(Projection.OCCUPANCY),
            query=_all_of({"term": {"parking_lot_id": str(parking_lot_id)}}, {"range": {"observed_at": observed}}),
            sort=[{"observed_at": "asc"}, {"version": "asc"}],
            source=["spot_id", "observed_at", "occupied", "capacity"],
        )
        async with aclosing(found) as hits_by_page:
            async for hits in hits_by_page:
                for hit in hits:
                    yield _sighting(hit)

    async def _aggregated(self, projection: Projection, query: Query, aggregations: Query) -> Mapping[str, Any]:
        found = await asked(
            self._client.search(
                index=self._names.reading(projection),
                query=query,
                aggregations=aggregations,
                size=0,
                track_total_hits=False,
                allow_partial_search_results=False,
            )
        )
        return found["aggregations"]


def _all_of(*conditions: Query) -> Query:
    return {"bool": {"filter": list(conditions)}}


def _none_of(*conditions: Query) -> Query:
    return {"bool": {"must_not": list(conditions)}}


def _scope(scope: Scope) -> list[Query]:
    conditions: list[Query] = [{"term": {"organization_id": str(scope.organization_id)}}]
    if scope.parking_lot_id:
        conditions.append({"term": {"parking_lot_id": str(scope.parking_lot_id)}})
    return conditions


def _by_period(field: str, periods: Sequence[Bucket], aggregations: Query) -> Query:
    ranges = [
        {"key": f"{number:04d}", "from": period.starts_at.isoformat(), "to": period.ends_at.isoformat()}
        for number, period in enumerate(periods)
    ]
    return {"date_range": {"field": field, "ranges": ranges}, "aggs": aggregations}


def _in_order(found: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return sorted(found["buckets"], key=lambda bucket: bucket["key"])


def _left(period: Bucket, found: Mapping[str, Any]) -> timedelta:
    """From each of the instants found to the period's end, added up. Elasticsearch adds milliseconds since 1970."""
    ends_at = (period.ends_at - EARLIEST) // MILLISECOND
    return (found["doc_count"] * ends_at - round(found["at"]["value"])) * MILLISECOND


def _sighting(hit: Hit) -> Sighting:
    source = hit["_source"]
    spot_id = source.get("spot_id")
    return Sighting(
        Measure.SPOT if spot_id else Measure.COUNT,
        spot_id or "",
        datetime.fromisoformat(source["observed_at"]),
        source["occupied"],
        source["capacity"],
    )


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
