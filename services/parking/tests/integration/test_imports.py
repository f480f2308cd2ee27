"""Imports of the real files, of faulty ones, and of one whose process dies in the middle."""

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from services.parking.tests.fakes.clock import FakeClock

from parking_events import LotState, SpotCreatedV1, SpotRemovedV1, TariffState
from parking_kernel.askers import Asker
from parking_platform.testing.servers import SchemaOwner
from parking_service.application.commands.continue_imports import ContinueImports

PARK_API = ["bahn", "basel", "freiburg", "koeln", "zuerich"]


def feature(source_id: str = "p1", *, geometry: object = ..., **properties: object) -> dict[str, Any]:
    """A feature of ParkenDD's shape."""
    point = {"type": "Point", "coordinates": [7.59, 47.55]}
    known = {"id": source_id, "name": "Parkhaus", "type": "garage", "address": "Weg 1\n4051 Basel", "capacity": 3}
    return {
        "type": "Feature",
        "properties": {name: value for name, value in {**known, **properties}.items() if value is not ...},
        "geometry": point if geometry is ... else geometry,
    }


async def hand_in(operator: Any, *features: dict[str, Any], **parameters: str) -> str:
    return await hand_in_file(operator, {"type": "FeatureCollection", "features": features}, **parameters)


async def hand_in_file(operator: Any, document: object, **parameters: str) -> str:
    answer = await operator("POST", "/parking-lots/import", json=document, params=parameters)
    assert answer.status_code == 202, answer.text
    return answer.json()["import_id"]


async def report(operator: Any, import_id: str) -> dict[str, Any]:
    answer = await operator("GET", f"/imports/{import_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def counts(answer: dict[str, Any]) -> tuple[str, int, int, int, int, int]:
    return (
        answer["status"],
        *(answer[name] for name in ("total", "created", "updated", "unchanged")),
        len(answer["refused"]),
    )


async def rows(database_url: str, statement: str) -> list[Any]:
    connection = await asyncpg.connect(database_url)
    found = await connection.fetch(statement)
    await connection.close()
    return found


def is_faulty(of_file: dict[str, Any]) -> bool:
    return not of_file.get("geometry") or not of_file["properties"].get("capacity")


@pytest.mark.parametrize("name", PARK_API)
async def test_park_api_files(
    operator: Any, run_imports: Callable[[], Any], database_url: str, shared_data: Path, name: str
) -> None:
    document = json.loads((shared_data / "real" / f"lots_{name}.geojson").read_text())
    faulty = [row for row, each in enumerate(document["features"], start=1) if is_faulty(each)]
    good = [each for each in document["features"] if not is_faulty(each)]
    import_id = await hand_in_file(operator, document)
    running = await report(operator, import_id)
    assert counts(running) == ("running", len(document["features"]), 0, 0, 0, 0)
    await run_imports()
    done = await report(operator, import_id)
    assert counts(done) == ("done", len(document["features"]), len(good), 0, 0, len(faulty))
    assert [refused["row"] for refused in done["refused"]] == faulty
    assert {refused["reason"] for refused in done["refused"]} <= {"the capacity is zero", "the geometry is missing"}
    (spots,) = await rows(database_url, "SELECT count(*) FROM spots")
    assert spots["count"] == sum(each["properties"]["capacity"] for each in good)

    again = await hand_in_file(operator, document)
    await run_imports()
    assert counts(await report(operator, again)) == (
        "done",
        len(document["features"]),
        0,
        0,
        len(good),
        len(faulty),
    )


async def test_the_swiss_railways_file(
    operator: Any, run_imports: Callable[[], Any], http: httpx.AsyncClient, events: Any, shared_data: Path
) -> None:
    document = json.loads((shared_data / "real" / "swiss_rail_parking_rates.geojson").read_text())
    total = sum(each["total"] for lot in document["features"] for each in lot["properties"]["capacities"])
    import_id = await hand_in_file(operator, document)
    await run_imports()
    assert counts(await report(operator, import_id)) == ("done", 649, 649, 0, 0, 0)
    published = await events()
    assert sum(isinstance(event, SpotCreatedV1) for event in published) == total == 34_613
    assert sum(isinstance(event, LotState) for event in published) == 649
    assert sum(isinstance(event, TariffState) for event in published) == 650  # and the organization's default

    (suhr,) = (await http.get("/parking-lots", params={"q": "Suhr Bahnhofstrasse"})).json()["items"]
    assert (suhr["address"], suhr["time_zone"], suhr["currency"]) == (
        "Bahnhofstrasse 3, 5034 Suhr",
        "Europe/Zurich",
        "CHF",
    )
    assert (suhr["total_spots"], suhr["spot_types"]) == (6, ["standard", "accessible"])
    tariff = (await http.get(f"/parking-lots/{suhr['id']}/tariff")).json()
    assert [(line["from_minutes"], line["to_minutes"], line["amount"]) for line in tariff["lines"]] == [
        (0, 15, 0),
        (15, None, 25),
    ]
    assert tariff["caps"] == [{"per": "24h", "amount": 500}]

    document["features"][0]["properties"]["pricingModel"]["maximumDayPrice"] = 600
    again = await hand_in_file(operator, document)
    await run_imports()
    assert counts(await report(operator, again)) == ("done", 649, 0, 1, 648, 0)
    assert (await http.get(f"/parking-lots/{suhr['id']}/tariff")).json()["number"] == 2


async def test_rows_of_odd_shapes_are_refused_as_rows_and_the_others_become_lots(
    operator: Any, run_imports: Callable[[], Any]
) -> None:
    """As a client writes them: several are no JSON that a database could keep."""
    rows = [
        json.dumps(feature("far")).replace("7.59", "9" * 401),
        json.dumps(feature("farther")).replace("7.59", "9" * 9999),
        json.dumps(feature("deep", name=...))[:-1] + ', "more": ' + "[" * 50_000 + "]" * 50_000 + "}",
        json.dumps(feature("nul", name="a\0")),
        json.dumps(feature("half", name="\ud800")),
        json.dumps(feature("infinite", capacity=3)).replace("47.55", "1e999"),
        json.dumps(feature("segments", capacities=[{"categoryType": "STANDARD", "total": 1}],
            pricingModel={"viableIncrement": 1, "minimumDuration": 1, "priceSegments": [7]}, address={})),
        "7",
        json.dumps(feature("good")),
    ]  # fmt: skip
    file = '{"type": "FeatureCollection", "features": [' + ",".join(rows) + "]}"
    answer = await operator(
        "POST", "/parking-lots/import", content=file.encode(), headers={"Content-Type": "application/geo+json"}
    )
    assert answer.status_code == 202, answer.text
    await run_imports()
    done = await report(operator, answer.json()["import_id"])
    assert counts(done) == ("done", 9, 1, 0, 0, 8)
    assert {each["id"]: each["reason"] for each in done["refused"]} == {
        "far": "the coordinates are too large",
        "farther": "a number is too large, or none",
        "deep": "the feature is nested too deeply",
        "nul": "a text must not contain the NUL character",
        "half": "a text must not contain half of a surrogate pair",
        "infinite": "a number is too large, or none",
        "segments": "a price segment is no object",
        None: "the feature is no object",
    }


async def test_faulty_rows_are_refused_with_a_reason(operator: Any, run_imports: Callable[[], Any]) -> None:
    faulty = {
        "the geometry is missing": feature("a", geometry=None),
        "the geometry is no Point, Polygon or MultiPolygon": feature(
            "b", geometry={"type": "LineString", "coordinates": [[1, 2], [3, 4]]}
        ),
        "coordinates/latitude: must lie between -90 and 90 degrees": feature(
            "c", geometry={"type": "Point", "coordinates": [7.59, 147.55]}
        ),
        "the coordinates are no numbers": feature("d", geometry={"type": "Point", "coordinates": ["7", "47"]}),
        "capacity is missing": feature("e", capacity=None),
        "the capacity is missing": feature("f", capacity=...),
        "the capacity is zero": feature("g", capacity=0),
        "the capacity is negative": feature("h", capacity=-3),
        "capacity is no whole number": feature("i", capacity="many"),
        "the capacity of 20001 is more than 20000": feature("j", capacity=20_001),
        "the name is missing": feature("k", name=None),
        "row 1 has the same id": feature("a"),
        "the id is missing; there are 'capacity': say which it is by ?columns=id:…": {
            **feature("l"),
            "properties": {"capacity": 3},
        },
        "properties is missing": {"type": "Feature", "id": "m"},
    }
    import_id = await hand_in(operator, *faulty.values(), feature("good"))
    await run_imports()
    done = await report(operator, import_id)
    assert counts(done) == ("done", len(faulty) + 1, 1, 0, 0, len(faulty))
    assert [(refused["row"], refused["reason"]) for refused in done["refused"]] == list(enumerate(faulty, start=1))
    assert (done["refused_total"], done["next"]) == (len(faulty), None)


async def test_many_refused_rows_come_page_by_page(operator: Any, http: httpx.AsyncClient) -> None:
    import_id = await hand_in(operator, *[{"type": "Feature"}] * 20_000)
    answer = await operator("GET", f"/imports/{import_id}")
    first = answer.json()
    assert answer.headers["Link"] == f'<{first["next"]}>; rel="next"'
    seen, pages, page = [refused["row"] for refused in first["refused"]], 1, first
    while page["next"]:
        page = (await operator("GET", page["next"].removeprefix("/api/v1"))).json()
        assert {**page, "refused": [], "next": None} == {**first, "refused": [], "next": None}
        assert len(page["refused"]) <= 1_000
        seen += [refused["row"] for refused in page["refused"]]
        pages += 1
    assert (first["total"], first["refused_total"], len(first["refused"]), pages) == (20_000, 20_000, 1_000, 20)
    assert seen == list(range(1, 20_001))
    behind = await operator("GET", f"/imports/{import_id}", params={"refused_after": 20_000})
    assert (behind.json()["refused"], behind.json()["next"], behind.headers.get("Link")) == ([], None, None)
    wrong = await operator("GET", f"/imports/{import_id}", params={"refused_after": -1})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "query/refused_after")


async def test_a_changed_feature_changes_its_lot_and_spots(
    operator: Any, run_imports: Callable[[], Any], http: httpx.AsyncClient, events: Any
) -> None:
    options = {"time_zone": "Europe/Berlin", "currency": "EUR", "hourly_rate": "200"}
    await hand_in(operator, feature(capacity=3), **options)
    await run_imports()
    (lot,) = (await http.get("/parking-lots")).json()["items"]
    assert (lot["time_zone"], lot["hourly_rate"]) == ("Europe/Berlin", {"amount": 200, "currency": "EUR"})
    assert (lot["address"], lot["amenities"]) == ("Weg 1, 4051 Basel", ["covered"])
    for capacity, name in ((5, "Parkhaus"), (2, "Renamed")):
        import_id = await hand_in(operator, feature(capacity=capacity, name=name), **options)
        await run_imports()
        assert counts(await report(operator, import_id)) == ("done", 1, 0, 1, 0, 0)
        spots = (await http.get(f"/parking-lots/{lot['id']}/spots")).json()["items"]
        assert [spot["spot_number"] for spot in spots] == [f"S{number:04}" for number in range(1, capacity + 1)]
    read = (await http.get(f"/parking-lots/{lot['id']}")).json()
    assert (read["name"], read["total_spots"], read["available_spots"], read["version"]) == ("Renamed", 2, 2, 3)
    assert [event.version for event in await events() if isinstance(event, LotState)] == [1, 2, 3]
    assert sum(isinstance(event, SpotRemovedV1) for event in await events()) == 3


async def test_a_retired_lot_does_not_come_back(
    operator: Any, run_imports: Callable[[], Any], http: httpx.AsyncClient
) -> None:
    await hand_in(operator, feature(), currency="CHF", hourly_rate="200")
    await run_imports()
    (lot,) = (await http.get("/parking-lots")).json()["items"]
    await operator("DELETE", f"/parking-lots/{lot['id']}")
    import_id = await hand_in(operator, feature(capacity=9))
    await run_imports()
    assert (await report(operator, import_id))["refused"] == [{"row": 1, "id": "p1", "reason": "the lot is retired"}]


class Killed(BaseException):
    """The process ends here."""


class DyingImports:
    """The real ones, in a process that dies after it has written its second chunk and before it commits."""

    def __init__(self, imports: Any, chunks: list[int]) -> None:
        self._imports = imports
        self._chunks = chunks

    def __getattr__(self, name: str) -> Any:
        return getattr(self._imports, name)

    async def settle(self, *arguments: Any) -> None:
        await self._imports.settle(*arguments)
        self._chunks.append(1)
        if len(self._chunks) == 2:
            raise Killed


async def test_an_import_goes_on_after_its_process_died(
    operator: Any, parking: Any, database_url: str, events: Any
) -> None:
    import_id = await hand_in(operator, *(feature(f"p{number}") for number in range(70)))
    clock, chunks = FakeClock(datetime.now(UTC)), list[int]()
    whole = replace(parking.use_cases.continue_imports, clock=clock)

    @asynccontextmanager
    async def dying_work(asker: Asker) -> AsyncGenerator[Any]:
        async with whole.open_work(asker) as work:
            yield replace(work, imports=DyingImports(work.imports, chunks))

    with pytest.raises(Killed):
        await replace(whole, open_work=dying_work)(ContinueImports())
    assert counts(await report(operator, import_id)) == ("running", 70, 25, 0, 0, 0)
    running = await report(operator, import_id)
    assert (running["done"], running["ended_at"], running["failure"]) == (25, None, None)
    assert await whole(ContinueImports()) == 0, "the dead one's claim counts for a moment"
    clock.advance(timedelta(seconds=10))
    assert await whole(ContinueImports()) == 45
    assert counts(await report(operator, import_id)) == ("done", 70, 70, 0, 0, 0)
    done = await report(operator, import_id)
    assert (done["done"], datetime.fromisoformat(done["ended_at"]), done["failure"]) == (70, clock.now(), None)
    (made,) = await rows(database_url, "SELECT count(*), count(DISTINCT source_id) AS sources FROM lots")
    assert (made["count"], made["sources"]) == (70, 70)
    assert sum(isinstance(event, SpotCreatedV1) for event in await events()) == 210
    (waiting,) = await rows(database_url, "SELECT count(*) FROM import_rows")
    assert waiting["count"] == 0


async def test_an_import_that_fails_again_and_again_ends(
    operator: Any, parking: Any, schema_owner: SchemaOwner
) -> None:
    import_id = await hand_in(operator, feature())
    await schema_owner.run("ALTER TABLE spots ADD CHECK (number IS NULL)")
    clock = FakeClock(datetime.now(UTC))
    continue_imports = replace(parking.use_cases.continue_imports, clock=clock)
    for _ in range(5):
        with pytest.raises(Exception, match="check constraint"):
            await continue_imports(ContinueImports())
        assert await continue_imports(ContinueImports()) == 0, "it is left alone for a moment"
        clock.advance(timedelta(seconds=10))
    await continue_imports(ContinueImports())
    assert counts(await report(operator, import_id)) == ("failed", 1, 0, 0, 0, 0)
    failed = await report(operator, import_id)
    assert failed["failure"].startswith("It failed 5 times at the same place. What was done before stands.")
    assert (failed["done"], datetime.fromisoformat(failed["ended_at"])) == (0, clock.now())


async def test_what_is_no_geojson_is_refused_at_once(operator: Any) -> None:
    async def send(content: bytes, media_type: str = "application/geo+json") -> httpx.Response:
        return await operator("POST", "/parking-lots/import", content=content, headers={"Content-Type": media_type})

    xml = await send(b"<lots/>", "text/xml")
    assert (xml.status_code, xml.json()["type"]) == (415, "/problems/unsupported-file")
    for content in (
        b"",
        b"\xff",
        b"[]",
        b'{"type": "Feature"}',
        b"[" * 100_000,
    ):
        answer = await send(content)
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request"), content[:60]
    large = await send(b" " * (20 * 1024 * 1024 + 1))
    assert (large.status_code, large.json()["type"]) == (413, "/problems/file-too-large")
    empty = await send(b'{"type": "FeatureCollection", "features": []}')
    assert empty.status_code == 202


@pytest.mark.parametrize(
    ("parameters", "pointer"),
    [({"time_zone": "Europe/Basel"}, "query/time_zone"), ({"currency": "XXX"}, "query/currency")],
)
async def test_impossible_options_are_named(operator: Any, parameters: dict[str, str], pointer: str) -> None:
    document = {"type": "FeatureCollection", "features": []}
    answer = await operator("POST", "/parking-lots/import", json=document, params=parameters)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
