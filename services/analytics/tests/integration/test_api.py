"""Revenue and occupancy as clients ask for them: figures, tenancy, bad input."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from services.analytics.tests.events import LOT, NOON, OPERATOR, confirmed, counted, lot_created, posted
from services.analytics.tests.installation import Kept, signed_in

from analytics_service.adapters.elasticsearch.documents import ElasticsearchDocuments
from analytics_service.adapters.kafka.documents import document_of
from analytics_service.adapters.postgres.unit_of_work import units_of_work
from analytics_service.application.ports import Document, Projection
from analytics_service.bootstrap import Analytics
from analytics_service.entrypoints.consumers import lot_copy
from parking_events import LedgerEntryKind, WireEvent
from parking_kernel.askers import THE_SERVICE

REVENUE, OCCUPANCY = "/api/v1/analytics/revenue", "/api/v1/analytics/occupancy"
DAY = {"from": "2025-03-03T00:00:00+01:00", "to": "2025-03-04T00:00:00+01:00"}
OF_LOT = {"parking_lot_id": str(LOT)}
HOUR = timedelta(hours=1)


@pytest_asyncio.fixture
async def knows(analytics: Analytics, kept: Kept) -> Any:
    """Puts what events say where questions find it."""

    async def take_in(*events: WireEvent) -> None:
        documents: list[Document] = [document for event in events if (document := document_of(event))]
        indices = {projection: [await kept.index(projection)] for projection in Projection}
        assert await ElasticsearchDocuments(analytics.elasticsearch).put(documents, indices) == []
        await kept.elasticsearch.indices.refresh(index=f"{kept.prefix}*")

    async with units_of_work().opened_on(analytics.engine)(THE_SERVICE) as work:
        await work.lots.keep(lot_copy(lot_created(spots=4)), NOON)
    return take_in


async def ask(
    client: httpx.AsyncClient, path: str, params: dict[str, str], headers: dict[str, str] | None = None
) -> httpx.Response:
    owner = signed_in(organizations=(OPERATOR,))
    return await client.get(path, params=params, headers=owner if headers is None else headers)


async def test_revenue(client: httpx.AsyncClient, knows: Any) -> None:
    await knows(posted(1_000, 70), posted(500, 35), posted(200, 14, kind=LedgerEntryKind.REFUND, at=NOON + HOUR))
    answer = await ask(
        client, REVENUE, {**OF_LOT, "from": NOON.isoformat(), "to": (NOON + 2 * HOUR).isoformat(), "interval": "1h"}
    )
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "currency": "CHF",
        "interval": "1h",
        "buckets": [
            {
                "from": "2025-03-03T12:00:00Z",
                "to": "2025-03-03T13:00:00Z",
                "gross": 1_500,
                "refunds": 0,
                "tax": 105,
                "net": 1_395,
                "payments": 2,
            },
            {
                "from": "2025-03-03T13:00:00Z",
                "to": "2025-03-03T14:00:00Z",
                "gross": 0,
                "refunds": 200,
                "tax": -14,
                "net": -186,
                "payments": 0,
            },
        ],
        "total": {"gross": 1_500, "refunds": 200, "tax": 91, "net": 1_209, "payments": 2},
    }


async def test_a_day_is_the_lots_own(client: httpx.AsyncClient, knows: Any) -> None:
    answer = await ask(
        client, REVENUE, {**OF_LOT, "from": "2026-03-28T23:00:00Z", "to": "2026-03-30T22:00:00Z", "interval": "1d"}
    )
    assert [bucket["to"] for bucket in answer.json()["buckets"]] == ["2026-03-29T22:00:00Z", "2026-03-30T22:00:00Z"]


async def test_occupancy(client: httpx.AsyncClient, knows: Any) -> None:
    await knows(confirmed(NOON, NOON + HOUR / 2), confirmed(NOON, NOON + 2 * HOUR), counted(3, 4, NOON))
    params = {**OF_LOT, "from": NOON.isoformat(), "to": (NOON + 2 * HOUR).isoformat(), "interval": "1h"}
    answer = await ask(client, OCCUPANCY, params)
    assert answer.status_code == 200, answer.text
    first, second = answer.json()["buckets"]
    assert first.pop("as_of") == second["as_of"]
    assert first == {
        "from": "2025-03-03T12:00:00Z",
        "to": "2025-03-03T13:00:00Z",
        "booked_rate": 0.375,
        "sensed_rate": 0.75,
        "sensed_spots": 4.0,
    }
    assert (second["booked_rate"], second["sensed_rate"], second["sensed_spots"]) == (0.25, None, 0)


@pytest.mark.parametrize("path", [REVENUE, OCCUPANCY])
async def test_who_may_ask(client: httpx.AsyncClient, knows: Any, path: str) -> None:
    params = {**OF_LOT, **DAY}
    stranger: tuple[UUID, ...] = (uuid4(),)
    answers = {
        "nobody": await ask(client, path, params, {}),
        "a driver": await ask(client, path, params, signed_in("read:parking write:reservation read:own_data")),
        "another's operator": await ask(client, path, params, signed_in(organizations=stranger)),
        "the operator": await ask(client, path, params),
        "an admin": await ask(client, path, params, signed_in("*")),
        "of no such lot": await ask(client, path, {**params, "parking_lot_id": str(uuid4())}, signed_in("*")),
    }
    assert {who: answer.status_code for who, answer in answers.items()} == {
        "nobody": 401,
        "a driver": 403,
        "another's operator": 404,
        "the operator": 200,
        "an admin": 200,
        "of no such lot": 404,
    }
    assert "www-authenticate" in answers["nobody"].headers
    assert answers["another's operator"].json()["type"] == "/problems/not-found"


async def test_an_organization_is_asked_for_by_its_own(client: httpx.AsyncClient, knows: Any) -> None:
    await knows(posted(5), posted(7, lot=uuid4()))
    params = {"organization_id": str(OPERATOR), **DAY}
    assert (await ask(client, REVENUE, params)).json()["total"]["gross"] == 12
    assert (await ask(client, REVENUE, params, signed_in(organizations=(uuid4(),)))).status_code == 404
    assert (await ask(client, REVENUE, params, signed_in("*"))).json()["total"]["gross"] == 12


BAD = [
    (REVENUE, {**OF_LOT, **DAY, "from": "2025-03-03T00:00:00"}, "query/from", "offset"),
    (REVENUE, {**OF_LOT, **DAY, "from": "2025-03-05T00:00:00Z"}, "query/to", "must be after from"),
    (
        REVENUE,
        {**OF_LOT, **DAY, "to": "9999-12-31T23:59:59-12:00"},
        "query/to",
        "must lie between the years 2000 and 2200",
    ),
    (REVENUE, {**OF_LOT, "to": DAY["to"]}, "query/from", "required"),
    (REVENUE, {**OF_LOT, **DAY, "interval": "1w"}, "query/interval", "'15m', '1h' or '1d'"),
    (REVENUE, {**OF_LOT, **DAY, "currency": "chf"}, "query/currency", "such as EUR"),
    (REVENUE, DAY, "query/parking_lot_id", "must be given, and only one of them"),
    (REVENUE, {**OF_LOT, **DAY, "organization_id": str(OPERATOR)}, "query/parking_lot_id", "only one of them"),
    (REVENUE, {**OF_LOT, **DAY, "parking_lot_id": "7"}, "query/parking_lot_id", "UUID"),
    (REVENUE, {**OF_LOT, **DAY, "to": "2025-04-04T00:00:00Z", "interval": "15m"}, "query/interval", "more than 1000"),
    (OCCUPANCY, DAY, "query/parking_lot_id", "required"),
    (OCCUPANCY, {**OF_LOT, **DAY, "to": "2025-03-02T00:00:00Z"}, "query/to", "must be after from"),
    (OCCUPANCY, {**OF_LOT, **DAY, "to": "2025-04-04T00:00:00Z", "interval": "15m"}, "query/interval", "more than 1000"),
]


@pytest.mark.parametrize(("path", "params", "pointer", "rule"), BAD)
async def test_bad_input_is_named(
    client: httpx.AsyncClient, knows: Any, path: str, params: dict[str, str], pointer: str, rule: str
) -> None:
    answer = await ask(client, path, params)
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/invalid-request"
    (error,) = answer.json()["errors"]
    assert error["pointer"] == pointer
    assert rule in error["detail"]


async def test_of_several_currencies_one_must_be_named(client: httpx.AsyncClient, knows: Any) -> None:
    await knows(posted(1), posted(2, currency="EUR"))
    params = {**OF_LOT, **DAY}
    refused = await ask(client, REVENUE, params)
    assert refused.status_code == 422
    assert refused.json()["errors"] == [{"pointer": "query/currency", "detail": "must be given: there are CHF, EUR"}]
    assert (await ask(client, REVENUE, {**params, "currency": "EUR"})).json()["total"]["gross"] == 2


async def test_where_the_index_is_gone_the_client_is_asked_to_come_again(
    client: httpx.AsyncClient, knows: Any, kept: Kept
) -> None:
    await kept.elasticsearch.indices.delete(index=await kept.index(Projection.LEDGER))
    answer = await ask(client, REVENUE, {**OF_LOT, **DAY})
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/service-unavailable")
    assert answer.headers["retry-after"]


async def test_it_is_ready_with_database_and_elasticsearch(client: httpx.AsyncClient) -> None:
    ready = await client.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"database": "ok", "elasticsearch": "ok"})
