"""Lots imported without prices are drafts: not on sale, not found by drivers, until they get a tariff."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio
from services.parking.tests.integration.import_runs import Imported, collection, feature, importing

from parking_events import LotState

TARIFF = {
    "currency": "CHF",
    "lines": [{"sequence": 1, "type": "incrementing", "from_minutes": 0, "increment_minutes": 60, "amount": 300}],
}


@pytest.fixture
def imported(operator: Any, run_imports: Callable[[], Awaitable[int]]) -> Imported:
    return importing(operator, run_imports)


@pytest_asyncio.fixture
async def draft(imported: Imported, operator: Any) -> dict[str, Any]:
    """A lot in Basel of which the file names no price."""
    assert (await imported(collection(feature())))["created"] == 1
    (lot,) = (await operator("GET", "/parking-lots/drafts")).json()["items"]
    return lot


async def test_a_lot_without_prices_arrives_as_a_draft_that_no_driver_finds(
    draft: dict[str, Any], http: httpx.AsyncClient, events: Any
) -> None:
    assert (draft["status"], draft["hourly_rate"], draft["daily_rate"]) == ("draft", None, None)
    assert (await http.get("/parking-lots")).json()["items"] == []
    near = {"latitude": 47.37, "longitude": 8.54}
    assert (await http.get("/parking-lots", params=near)).json()["items"] == []
    assert (await http.get("/parking-lots", params={"open_now": "true"})).json()["items"] == []
    tariff = await http.get(f"/parking-lots/{draft['id']}/tariff")
    assert (tariff.status_code, "not on sale" in tariff.json()["detail"]) == (404, True)
    (created,) = [event for event in await events() if isinstance(event, LotState)]
    assert (created.status, created.tariff_id, created.hourly_rate) == ("draft", None, None)


async def test_its_first_tariff_puts_it_on_sale(
    draft: dict[str, Any], operator: Any, http: httpx.AsyncClient, events: Any
) -> None:
    published = await operator("PUT", f"/parking-lots/{draft['id']}/tariff", json=TARIFF)
    assert (published.status_code, published.json()["number"]) == (200, 1)
    (lot,) = (await http.get("/parking-lots")).json()["items"]
    assert (lot["id"], lot["status"], lot["hourly_rate"]) == (draft["id"], "open", {"amount": 300, "currency": "CHF"})
    assert (await operator("GET", "/parking-lots/drafts")).json()["items"] == []
    opened = [event for event in await events() if isinstance(event, LotState)][-1]
    assert (opened.status, str(opened.tariff_id)) == ("open", published.json()["id"])


async def test_the_same_file_again_keeps_what_was_published(
    draft: dict[str, Any], operator: Any, imported: Imported
) -> None:
    await operator("PUT", f"/parking-lots/{draft['id']}/tariff", json=TARIFF)
    assert (await imported(collection(feature())))["unchanged"] == 1
    assert (await imported(collection(feature(capacity=4))))["updated"] == 1
    lot = (await operator("GET", f"/parking-lots/{draft['id']}")).json()
    assert (lot["status"], lot["total_spots"], lot["hourly_rate"]["amount"]) == ("open", 4, 300)


async def test_prices_of_the_request_put_the_lots_on_sale_at_once(imported: Imported, http: httpx.AsyncClient) -> None:
    await imported(collection(feature()), hourly_rate=250, daily_rate=2000, currency="CHF")
    (lot,) = (await http.get("/parking-lots")).json()["items"]
    assert (lot["status"], lot["hourly_rate"], lot["daily_rate"]) == (
        *("open", {"amount": 250, "currency": "CHF"}),
        {"amount": 2000, "currency": "CHF"},
    )


async def test_a_draft_that_is_imported_with_prices_is_on_sale(
    draft: dict[str, Any], imported: Imported, http: httpx.AsyncClient
) -> None:
    assert (await imported(collection(feature()), hourly_rate=250, currency="CHF"))["updated"] == 1
    (lot,) = (await http.get("/parking-lots")).json()["items"]
    assert (lot["id"], lot["status"], lot["version"]) == (draft["id"], "open", 2)


async def test_drafts_are_shown_to_their_own_organization(
    draft: dict[str, Any], operator: Any, stranger: Any, person: Any, http: httpx.AsyncClient
) -> None:
    own = await operator("GET", "/parking-lots/drafts", params={"limit": 1})
    assert [lot["id"] for lot in own.json()["items"]] == [draft["id"]]
    assert own.headers["cache-control"] == "private, no-store"
    assert (await stranger("GET", "/parking-lots/drafts")).json()["items"] == []
    other = {"organization_id": str(operator.organization_id)}
    assert (await stranger("GET", "/parking-lots/drafts", params=other)).json()["items"] == []
    assert (await person("*")("GET", "/parking-lots/drafts", params=other)).json()["items"][0]["id"] == draft["id"]
    assert (await person("read:parking")("GET", "/parking-lots/drafts")).status_code == 403
    assert (await http.get("/parking-lots/drafts")).status_code == 401


async def test_a_lot_that_is_made_by_hand_still_has_its_organization_s_default_prices(operator: Any) -> None:
    lot = await operator.lot(hourly_rate=None)
    assert (lot["status"], lot["hourly_rate"]) == ("open", {"amount": 200, "currency": "CHF"})


@pytest.mark.parametrize(
    ("refused", "advice", "heeded"),
    [
        ({"hourly_rate": "10"}, "name `minimum`: `raise`", {"hourly_rate": "10", "minimum": "raise"}),
        ({"hourly_rate": "200", "daily_rate": "0"}, "import the lots without prices", {}),
    ],
)
async def test_prices_that_are_refused_come_with_advice_that_an_import_takes(
    operator: Any, refused: dict[str, str], advice: str, heeded: dict[str, str]
) -> None:
    answer = await operator("POST", "/parking-lots/import", json=collection(), params={**refused, "currency": "EUR"})
    assert answer.status_code == 422
    assert advice in answer.json()["errors"][0]["detail"]
    mended = await operator("POST", "/parking-lots/import", json=collection(), params={**heeded, "currency": "EUR"})
    assert mended.status_code == 202


async def test_the_tax_of_an_import_s_prices_can_be_named(operator: Any, run_imports: Any) -> None:
    prices = {"hourly_rate": "200", "currency": "CHF", "tax_percent": "8.1"}
    begun = await operator("POST", "/parking-lots/import", json=collection(feature()), params=prices)
    await run_imports()
    lots = (await operator("GET", "/parking-lots")).json()["items"]
    assert begun.status_code == 202
    tariff = (await operator("GET", f"/parking-lots/{lots[0]['id']}/tariff")).json()
    assert tariff["tax"] == {"rate_percent": 8.1, "included": True}


@pytest.mark.parametrize(
    ("parameters", "pointer"),
    [
        ({"hourly_rate": "200"}, "query/currency"),
        ({"tax_percent": "8.1"}, "query/tax_percent"),
        ({"minimum": "raise"}, "query/minimum"),
        ({"hourly_rate": "200", "currency": "CHF", "tax_percent": "101"}, "query/tax_percent"),
        ({"hourly_rate": "200", "currency": "CHF", "tax_percent": "-1"}, "query/tax_percent"),
        ({"hourly_rate": "200", "currency": "CHF", "tax_percent": "NaN"}, "query/tax_percent"),
        ({"daily_rate": "200", "currency": "CHF"}, "query/daily_rate"),
        ({"hourly_rate": "10", "currency": "EUR"}, "query/hourly_rate"),
        ({"hourly_rate": "200", "daily_rate": "100", "currency": "EUR"}, "query/daily_rate"),
        ({"hourly_rate": "200", "currency": "XXX"}, "query/currency"),
        ({"source": "No Name"}, "query/source"),
        ({"columns": "size:Anzahl"}, "query/columns"),
        ({"columns": "capacity"}, "query/columns"),
        ({"columns": "capacity:\0"}, "query/columns"),
        ({"columns": "name:a,name:b"}, "query/columns"),
    ],
)
async def test_wrong_options_are_named(operator: Any, parameters: dict[str, str], pointer: str) -> None:
    answer = await operator("POST", "/parking-lots/import", json=collection(), params=parameters)
    assert (answer.status_code, [each["pointer"] for each in answer.json()["errors"]]) == (422, [pointer])
