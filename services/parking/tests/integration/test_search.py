"""The search, against an independent geodesic (Karney's, geographiclib) and plain Python filters."""

import json
import random
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from geographiclib.geodesic import Geodesic
from services.parking.tests.fakes.clock import FakeClock

from parking_chassis.process import OneByOne
from parking_service.adapters.postgres.lot_search import search_statement
from parking_service.application.ports import LotFilter
from parking_service.bootstrap import OPEN_PERIODS_PAUSE
from parking_service.domain.values import Place

CENTRE = (47.55, 7.59)
CASES = json.loads((Path(__file__).parents[5] / "shared" / "cases" / "search.json").read_text())
NAMES = ["Bahnhof", "Markthalle", "Messe", "Spital", "Kunstmuseum"]


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    return Geodesic.WGS84.Inverse(*one, *other)["s12"]


async def scatter(operator: Any, count: int, seed: int, spread: float = 0.2) -> list[dict[str, Any]]:
    draw = random.Random(seed)
    return [
        await operator.lot(
            name=f"{draw.choice(NAMES)} {number}",
            address=f"Strasse {number}",
            location={
                "latitude": CENTRE[0] + draw.uniform(-spread, spread),
                "longitude": CENTRE[1] + draw.uniform(-spread, spread),
            },
            hourly_rate={"amount": draw.choice([100, 200, 300]), "currency": "CHF"},
            amenities=draw.sample(["covered", "toilets", "ev_charging"], draw.randint(0, 3)),
        )
        for number in range(count)
    ]


def place(lot: dict[str, Any]) -> tuple[float, float]:
    return lot["location"]["latitude"], lot["location"]["longitude"]


async def search(http: httpx.AsyncClient, **parameters: object) -> list[dict[str, Any]]:
    answer = await http.get("/parking-lots", params={key: str(value) for key, value in parameters.items()})
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_the_nearest_come_first_with_geodesic_distances(operator: Any, http: httpx.AsyncClient) -> None:
    lots = await scatter(operator, 60, seed=1)
    for radius in (1_000, 5_000, 12_345, 50_000):
        expected = sorted((distance, lot["id"]) for lot in lots if (distance := metres(CENTRE, place(lot))) <= radius)
        found = await search(http, latitude=CENTRE[0], longitude=CENTRE[1], radius_m=radius, limit=100)
        assert [lot["id"] for lot in found] == [lot_id for _, lot_id in expected]
        for lot, (distance, _) in zip(found, expected, strict=True):
            assert lot["distance_m"] == pytest.approx(distance, abs=0.06)


async def test_pages_follow_each_other_without_gap_or_repeat(operator: Any, http: httpx.AsyncClient) -> None:
    lots = await scatter(operator, 25, seed=2)
    url: str | None = f"/parking-lots?latitude={CENTRE[0]}&longitude={CENTRE[1]}&radius_m=50000&limit=10"
    seen: list[str] = []
    while url:
        answer = await http.get(url)
        seen += [lot["id"] for lot in answer.json()["items"]]
        following = answer.json()["next"]
        assert (following is not None) == ('rel="next"' in answer.headers.get("link", ""))
        url = following.removeprefix("/api/v1") if following else None
    assert seen == [lot["id"] for lot in sorted(lots, key=lambda lot: metres(CENTRE, place(lot)))]


async def test_a_box_holds_what_lies_in_it_also_across_the_antimeridian(operator: Any, http: httpx.AsyncClient) -> None:
    lots = await scatter(operator, 30, seed=3)
    west, south, east, north = 7.5, 47.45, 7.6, 47.6
    inside = {lot["id"] for lot in lots if south <= place(lot)[0] <= north and west <= place(lot)[1] <= east}
    found = await search(http, bbox=f"{west},{south},{east},{north}", limit=100)
    assert {lot["id"] for lot in found} == inside
    assert [lot["name"] for lot in found] == sorted(lot["name"] for lot in found)
    assert {lot["distance_m"] for lot in found} == {None}
    fiji = [await operator.lot(location={"latitude": -17, "longitude": each}) for each in (179.5, -179.5, 178)]
    found = await search(http, bbox="179,-20,-179,-10")
    assert {lot["id"] for lot in found} == {lot["id"] for lot in fiji[:2]}
    near = await search(http, latitude=-17, longitude=180, radius_m=50_000)
    assert len(near) == 0
    near = await search(http, latitude=-17, longitude=179.7, radius_m=50_000)
    assert [lot["id"] for lot in near] == [fiji[0]["id"]]


async def test_filters_and_orders(operator: Any, http: httpx.AsyncClient) -> None:
    lots = await scatter(operator, 30, seed=4)
    around = {"latitude": CENTRE[0], "longitude": CENTRE[1], "radius_m": 50_000, "limit": 100}
    found = await search(http, **around, amenities="covered,toilets")
    assert {lot["id"] for lot in found} == {
        lot["id"] for lot in lots if {"covered", "toilets"} <= set(lot["amenities"])
    }
    found = await search(http, **around, max_hourly=200)
    assert {lot["id"] for lot in found} == {lot["id"] for lot in lots if lot["hourly_rate"]["amount"] <= 200}
    found = await search(http, **around, sort="price")
    prices = [(lot["hourly_rate"]["amount"], lot["distance_m"]) for lot in found]
    assert prices == sorted(prices)
    assert len(found) == 30
    for number, lot in enumerate(lots[:3], start=1):
        await operator.spots(lot["id"], *(f"E{each}" for each in range(number)), spot_type="ev_charging")
    assert {lot["id"] for lot in await search(http, **around, spot_type="ev_charging")} == {
        lot["id"] for lot in lots[:3]
    }
    found = await search(http, **around, sort="availability")
    assert [lot["available_spots"] for lot in found[:4]] == [3, 2, 1, 0]
    assert len(await search(http, organization_id=operator.organization_id, limit=100)) == 30
    assert await search(http, organization_id=lots[0]["id"]) == []


@pytest.mark.parametrize("words", ["aeschen", "AESCHENGRABEN", "basel aeschen", "Aeschenn", "Aeschn 4051"])
async def test_words_are_found_in_name_and_address_also_misspelt(
    operator: Any, http: httpx.AsyncClient, words: str
) -> None:
    lot = await operator.lot()
    await operator.lot(name="Parkhaus Messe", address="Riehenring 101, 4058 Basel")
    assert [found["id"] for found in await search(http, q=words)] == [lot["id"]]


@pytest.mark.parametrize(
    ("number", "words"), [(n, each) for n, all_ in enumerate(CASES["finds each"]) for each in all_]
)
async def test_a_name_is_found_in_each_spelling(
    operator: Any, http: httpx.AsyncClient, number: int, words: str
) -> None:
    """Without regard to case, accents, ß and ł: the cases of the field as they lie there."""
    lots = [await operator.lot(name=name, address="Platz 1") for name in CASES["names"]]
    for typed in (words, words.lower(), unicodedata.normalize("NFD", words)):
        assert [found["id"] for found in await search(http, q=typed)] == [lots[number]["id"]]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Nørreport", "norreport"),
        ("Norreport", "NØRREPORT"),
        ("Parkhaus Zu\u0308rich", "zürich"),
        ("Café Ærø", "cafe aero"),
        ("Strasse", "straße"),
    ],
)
async def test_it_is_the_name_and_the_words_that_are_folded(
    operator: Any, http: httpx.AsyncClient, name: str, words: str
) -> None:
    lot = await operator.lot(name=name, address="Platz 1")
    await operator.lot(name="Messe", address="Platz 2")
    assert [found["id"] for found in await search(http, q=words)] == [lot["id"]]


async def test_percent_signs_and_underscores_are_letters_like_others(operator: Any, http: httpx.AsyncClient) -> None:
    await operator.lot()
    lot = await operator.lot(name="100%_frei")
    assert [found["id"] for found in await search(http, q="%_")] == [lot["id"]]


async def test_open_now_asks_the_lot_s_own_zone(operator: Any, http: httpx.AsyncClient) -> None:
    always = await operator.lot(name="always")
    # Auckland's date may be another one than ours: what is open there now follows from its own clock.
    in_auckland = datetime.now(UTC) + timedelta(hours=12.5)
    today = in_auckland.strftime("%a").lower()
    yesterday = (in_auckland - timedelta(days=1)).strftime("%a").lower()
    tomorrow = (in_auckland + timedelta(days=1)).strftime("%a").lower()
    around = {day: [["00:00", "24:00"]] for day in (yesterday, today, tomorrow)}
    zone = {"time_zone": "Pacific/Auckland"}
    opened = await operator.lot(name="open", opening_hours=around, **zone)
    others = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"} - set(around)
    await operator.lot(name="shut", opening_hours={day: [["00:00", "24:00"]] for day in others}, **zone)
    assert {lot["id"] for lot in await search(http, open_now="true")} == {always["id"], opened["id"]}


async def test_open_periods_are_worked_out_again(
    operator: Any, http: httpx.AsyncClient, parking: Any, database_url: str
) -> None:
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    await operator.lot(opening_hours={day: [["00:00", "24:00"]] for day in days})
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE lots SET open_periods = '{}', open_periods_until = now()")
    await connection.close()
    assert await search(http, open_now="true") == []
    does = parking.use_cases.extend_open_periods
    await does(None)
    assert len(await search(http, open_now="true")) == 1


async def test_lots_whose_open_periods_fail_hold_up_none_behind_them(
    operator: Any, http: httpx.AsyncClient, parking: Any, database_url: str
) -> None:
    """More than are read at once, and they come first each time."""
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    made = [await operator.lot(opening_hours={day: [["00:00", "24:00"]] for day in days}) for _ in range(4)]
    *broken, fine = sorted(lot["id"] for lot in made)
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE lots SET open_periods = '{}', open_periods_until = now()")
    await connection.execute("UPDATE lots SET time_zone = 'Europe/Nowhere' WHERE id = ANY($1::uuid[])", broken)
    clock = FakeClock(datetime.now(UTC))
    attempts = OneByOne("test", OPEN_PERIODS_PAUSE, lambda: clock.now().timestamp())
    does = replace(parking.use_cases.extend_open_periods, attempts=attempts, batch=2)
    assert await does(None) == 1
    assert [lot["id"] for lot in await search(http, open_now="true")] == [fine]
    await connection.execute("UPDATE lots SET time_zone = 'Europe/Zurich'")
    assert await does(None) == 0, "they are left alone for a while"
    clock.advance(timedelta(hours=1))
    assert await does(None) == 3
    assert len(await search(http, open_now="true")) == 4
    await connection.close()


async def test_the_statement_near_a_place_uses_the_index(operator: Any, database_url: str) -> None:
    wanted = LotFilter(datetime.now(UTC), near=Place(*CENTRE), radius_m=5_000)
    text, arguments = search_statement(wanted)
    connection = await asyncpg.connect(database_url)
    await connection.execute("SET enable_seqscan = off")
    plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {text}", *arguments))
    await connection.close()
    assert "Index Scan using ix_lots_location" in plan
    assert "Order By" in plan


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("latitude=91&longitude=7", "query/latitude"),
        ("latitude=nan&longitude=7", "query/latitude"),
        ("latitude=47&longitude=181", "query/longitude"),
        ("latitude=47", "query/longitude"),
        ("longitude=7", "query/latitude"),
        ("latitude=47&longitude=7&radius_m=-1", "query/radius_m"),
        ("latitude=47&longitude=7&radius_m=50001", "query/radius_m"),
        ("bbox=1,2,3", "query/bbox"),
        ("bbox=7,48,8,47", "query/bbox"),
        ("bbox=a,b,c,d", "query/bbox"),
        ("bbox=nan,47,8,48", "query/bbox"),
        ("sort=distance", "query/latitude"),
        ("sort=name", "query/sort"),
        ("spot_type=boat", "query/spot_type"),
        ("max_hourly=-1", "query/max_hourly"),
        ("limit=101", "query/limit"),
        ("offset=-1", "query/offset"),
        ("q=%00", "query/q"),
        ("from=2026-01-01T00:00:00Z", "query/from"),
    ],
)
async def test_impossible_questions_name_their_parameter(http: httpx.AsyncClient, query: str, pointer: str) -> None:
    answer = await http.get(f"/parking-lots?{query}")
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
