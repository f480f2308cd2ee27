"""Requests with an `Idempotency-Key`: what they make is made once, and answered alike."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import asyncpg
import httpx
import pytest

from parking_chassis.ids import new_id

LOT = {
    "name": "Parkhaus Aeschen",
    "location": {"latitude": 47.5504, "longitude": 7.5943},
    "address": "Aeschengraben 9, 4051 Basel",
    "time_zone": "Europe/Zurich",
    "opening_hours": {"mon": [["06:00", "24:00"]], "exceptions": [{"date": "2027-01-01", "hours": []}]},
    "hourly_rate": {"amount": 250, "currency": "CHF"},
}
FILE = {"type": "FeatureCollection", "features": []}
REUSED = (422, "/problems/idempotency-key-reused")

Send = Callable[..., Any]


async def send(person: Any, path: str, body: object, key: str | None = "key-1", **options: Any) -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return await person("POST", path, json=body, headers=headers, **options)


def assert_replayed(first: httpx.Response, again: httpx.Response, *headers: str) -> None:
    """The second answer is the first one, and says that it is."""
    assert first.is_success, first.text
    assert (again.status_code, again.content) == (first.status_code, first.content)
    for name in ("content-type", *headers):
        assert again.headers[name] == first.headers[name]
    assert ("idempotent-replayed" in first.headers, again.headers["idempotent-replayed"]) == (False, "true")


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"]


async def count(database_url: str, table: str) -> int:
    connection = await asyncpg.connect(database_url)
    found = await connection.fetchval(f"SELECT count(*) FROM {table}")
    await connection.close()
    return found


async def test_a_lot_is_made_once(operator: Any, http: httpx.AsyncClient, database_url: str, events: Any) -> None:
    first, again = [await send(operator, "/parking-lots", LOT) for _ in range(2)]
    assert_replayed(first, again, "location", "etag")
    lot = first.json()
    assert (first.headers["location"], first.headers["etag"]) == (f"/api/v1/parking-lots/{lot['id']}", '"1"')
    assert (await http.get(f"/parking-lots/{lot['id']}")).json() == lot, "as it is read from then on"
    assert await count(database_url, "lots") == 1
    assert [event.event_type for event in await events()] == [
        "parking.tariff.published.v1",  # the organization's default
        "parking.tariff.published.v1",
        "parking.lot.created.v1",
    ]
    assert problem(await send(operator, "/parking-lots", {**LOT, "name": "Messe"})) == REUSED
    without = [await send(operator, "/parking-lots", LOT, key=None) for _ in range(2)]
    assert len({lot["id"], *(answer.json()["id"] for answer in without)}) == 3


async def test_a_lot_that_changed_meanwhile_is_answered_as_it_was_made(operator: Any) -> None:
    first = await send(operator, "/parking-lots", LOT)
    await operator("PATCH", f"/parking-lots/{first.json()['id']}", json={"name": "Messe"})
    assert_replayed(first, await send(operator, "/parking-lots", LOT), "etag")


async def test_spots_are_added_once(operator: Any, http: httpx.AsyncClient) -> None:
    lots = [await operator.lot() for _ in range(2)]
    path, elsewhere = (f"/parking-lots/{lot['id']}/spots" for lot in lots)
    body = {"spots": [{"spot_number": "2", "width": 2.5}, {"spot_number": "1", "spot_type": "accessible"}]}
    first, again = [await send(operator, path, body) for _ in range(2)]
    assert_replayed(first, again)
    assert first.json() == {"items": (await http.get(path)).json()["items"], "next": None}
    assert problem(await send(operator, path, {"spots": [{"spot_number": "3"}]})) == REUSED
    other_lot = await send(operator, elsewhere, body)
    assert other_lot.status_code == 201, "the key is one of this lot's spots"
    assert "idempotent-replayed" not in other_lot.headers


async def test_a_file_is_taken_in_once(operator: Any, database_url: str) -> None:
    path, zone = "/parking-lots/import", {"time_zone": "Europe/Berlin"}
    first, again = [await send(operator, path, FILE, params=zone) for _ in range(2)]
    assert_replayed(first, again, "location")
    assert first.headers["location"] == f"/api/v1/imports/{first.json()['import_id']}"
    assert await count(database_url, "imports") == 1
    assert problem(await send(operator, path, FILE)) == REUSED, "the options are part of the request"
    assert problem(await send(operator, path, {**FILE, "name": "lots"}, params=zone)) == REUSED
    spaced = json.dumps(FILE, indent=1).encode()
    headers = {"Idempotency-Key": "key-1", "Content-Type": "application/json"}
    other_bytes = await operator("POST", path, content=spaced, params=zone, headers=headers)
    assert problem(other_bytes) == REUSED, "a file is distinguished by its bytes"


async def test_a_key_is_its_sender_s_own(operator: Any, stranger: Any, person: Any) -> None:
    colleague = person("write:parking", operator.organization_id)
    ids = {(await send(each, "/parking-lots", LOT)).json()["id"] for each in (operator, stranger, colleague)}
    assert len(ids) == 3


async def test_what_was_refused_is_asked_again_with_the_same_key(operator: Any, person: Any) -> None:
    new = person("write:parking", new_id())
    for _ in range(2):
        assert problem(await send(new, "/parking-lots", LOT)) == (409, "/problems/organization-not-ready")
        assert problem(await send(new, "/parking-lots/import", FILE)) == (409, "/problems/organization-not-ready")
    lot = await operator.lot()
    path, body = f"/parking-lots/{lot['id']}/spots", {"spots": [{"spot_number": "1"}]}
    (spot,) = await operator.spots(lot["id"], "1")
    assert problem(await send(operator, path, body)) == (409, "/problems/spot-number-taken")
    await operator("DELETE", f"/spots/{spot['id']}")
    assert (await send(operator, path, body)).status_code == 201


async def test_the_same_request_in_flight_is_asked_to_come_again(operator: Any, database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    async with connection.transaction():
        await connection.execute("LOCK TABLE tariffs IN ACCESS EXCLUSIVE MODE")
        requests = [asyncio.create_task(send(operator, "/parking-lots", LOT)) for _ in range(2)]
        done, waiting = await asyncio.wait(requests, return_when=asyncio.FIRST_COMPLETED, timeout=10)
        assert len(done) == len(waiting) == 1
        (refused,) = (task.result() for task in done)
        assert problem(refused) == (409, "/problems/request-in-flight")
        assert refused.headers["retry-after"] == "1"
    await connection.close()
    (first,) = await asyncio.gather(*waiting)
    assert_replayed(first, await send(operator, "/parking-lots", LOT))


async def test_stored_answers_are_sealed(operator: Any, database_url: str) -> None:
    await send(operator, "/parking-lots", LOT)
    connection = await asyncpg.connect(database_url)
    (row,) = await connection.fetch("SELECT scope, key, status, body FROM idempotency_keys")
    await connection.close()
    assert (row["key"], row["status"]) == ("key-1", 201)
    assert row["scope"].endswith(":POST /api/v1/parking-lots")
    assert b"Aeschen" not in row["body"]


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "\u00e4"])
async def test_a_key_that_is_none_is_refused(operator: Any, key: str) -> None:
    answer = await operator("POST", "/parking-lots", json=LOT, headers={"Idempotency-Key": key.encode()})
    assert problem(answer) == (422, "/problems/invalid-request")
    assert [each["pointer"] for each in answer.json()["errors"]] == ["header/Idempotency-Key"]


async def test_reports_of_occupancy_take_no_key(http: httpx.AsyncClient, parking: Any) -> None:
    """They are facts: one that comes again is not newer, and changes nothing."""
    document = (await http.get("http://parking/openapi.json")).json()
    with_key = {
        f"{method} {path}"
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if any(each["name"] == "Idempotency-Key" for each in operation.get("parameters", []))
    }
    assert with_key == {
        "post /api/v1/parking-lots",
        "post /api/v1/parking-lots/{lot_id}/spots",
        "post /api/v1/parking-lots/import",
    }
    for path in ("/api/v1/parking-lots", "/api/v1/parking-lots/import"):
        responses = document["paths"][path]["post"]["responses"]
        assert "The same request is being worked on" in responses["409"]["description"]
        assert "The idempotency key was used for another request" in responses["422"]["description"]
