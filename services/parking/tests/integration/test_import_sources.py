"""A lot is known by organization, source and id; what looks like a mistake is refused or warned of."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from services.parking.tests.integration.import_runs import Imported, at, case, collection, counts, feature, importing

PRICES = {"hourly_rate": 200, "currency": "CHF"}


@pytest.fixture
def imported(operator: Any, run_imports: Callable[[], Awaitable[int]]) -> Imported:
    return importing(operator, run_imports)


async def test_two_files_with_one_id_are_two_lots(imported: Imported, http: httpx.AsyncClient) -> None:
    garage = collection(feature(3, name="Garage", capacity=805))
    street = collection(feature(3, name="Street", capacity=3))
    assert (await imported(garage, source="garages", **PRICES))["source"] == "garages"
    assert (await imported(street, source="streets", **PRICES))["created"] == 1
    lots = (await http.get("/parking-lots")).json()["items"]
    assert {lot["name"]: lot["total_spots"] for lot in lots} == {"Garage": 805, "Street": 3}
    assert (await imported(garage, source="garages", **PRICES))["unchanged"] == 1
    assert (await imported(street))["created"] == 1, "one that names no source is another"


async def test_lots_of_earlier_imports_are_known_by_their_id(imported: Imported) -> None:
    """They have the source of imports that name none."""
    assert (await imported(collection(feature()), **PRICES))["source"] == "default"
    assert (await imported(collection(feature()), source="default", **PRICES))["unchanged"] == 1


async def test_an_update_that_moves_a_lot_by_more_than_500_m_is_refused(
    imported: Imported, http: httpx.AsyncClient
) -> None:
    await imported(collection(feature()), **PRICES)
    near, far = at(8.54, 47.3744), at(8.54, 47.379)  # 489 m, and 511 from there
    assert counts(await imported(collection(feature(geometry=near)), **PRICES)) == (1, 0, 1, 0, 0)
    report = await imported(collection(feature(geometry=far)), **PRICES)
    (refused,) = report["refused"]
    assert refused["reason"].startswith("the place is 511 m from where the lot is, more than 500 m: is it another lot?")
    (lot,) = (await http.get("/parking-lots")).json()["items"]
    assert lot["location"] == {"latitude": 47.3744, "longitude": 8.54}


async def test_a_preview_of_a_lot_that_moved_too_far_shows_nothing(imported: Imported, operator: Any) -> None:
    await imported(collection(feature()), **PRICES)
    body = collection(feature(geometry=at(9, 47), capacity=1))
    answer = await operator("POST", "/parking-lots/import", json=body, params={"preview": "true"})
    assert (answer.status_code, answer.json()["count"]) == (200, 0)


async def test_swapped_coordinates_are_warned_of(imported: Imported, shared_data: Path) -> None:
    report = await imported(case(shared_data, "import-swapped.geojson"), time_zone="Europe/Paris")
    assert counts(report) == (1, 1, 0, 0, 0)
    assert (report["warnings_total"], report["next_warnings"]) == (1, None)
    reason = "latitude and longitude look swapped: the place lies in Africa/Mogadishu, and swapped in Europe/Paris"
    assert report["warnings"] == [{"row": 1, "id": "swapped", "reason": reason}]
    right = feature("right", geometry=at(1.4327, 44.4494))
    assert (await imported(collection(right), time_zone="Europe/Paris", source="right"))["warnings"] == [
        {"row": 1, "id": "right", "reason": "the nearest other lot of the organization is 6,370 km away"}
    ]


async def test_a_place_in_another_time_zone_is_warned_of(imported: Imported) -> None:
    report = await imported(collection(feature(geometry=at(-0.1276, 51.5072))))
    (warning,) = report["warnings"]
    assert warning["reason"] == "the place lies in the time zone Europe/London, not in Europe/Zurich"
    berlin = await imported(collection(feature("berlin", geometry=at(-0.1, 51.5))), time_zone="Europe/London")
    assert berlin["warnings"] == []


async def test_a_place_far_from_the_organization_s_other_lots_is_warned_of(imported: Imported) -> None:
    first = await imported(collection(feature("1"), feature("2", geometry=at(8.6, 47.4))))
    assert first["warnings"] == [], "there is nothing else to be far from"
    geneva, near = feature("geneva", geometry=at(6.1466, 46.2044)), feature("near", geometry=at(8.3, 47.05))
    (warning,) = (await imported(collection(near, geneva)))["warnings"]
    assert (warning["row"], warning["id"]) == (2, "geneva")
    assert warning["reason"] == "the nearest other lot of the organization is 190 km away"


async def test_warnings_come_page_by_page(imported: Imported, operator: Any) -> None:
    rows = [feature(str(number), geometry=at(44.4494, 1.4327)) for number in range(1_001)]
    report = await imported(collection(*rows), time_zone="Europe/Paris")
    assert (report["warnings_total"], len(report["warnings"])) == (1_001, 1_000)
    rest = (await operator("GET", report["next_warnings"].removeprefix("/api/v1"))).json()
    assert ([each["row"] for each in rest["warnings"]], rest["next_warnings"]) == ([1_001], None)


async def test_localtime_and_whatever_else_is_no_place_is_no_time_zone(
    operator: Any, shared_data: Path, person: Any
) -> None:
    zones = json.loads(case(shared_data, "zones.json"))
    for name in (*zones["refuse"], "UTC", "Etc/GMT+3", "CET", "EST5EDT", "GMT", "Factory", "posix/Europe/Zurich"):
        for answer in (
            await operator("POST", "/parking-lots", json=lot_in(name)),
            await operator("POST", "/parking-lots/import", json=collection(), params={"time_zone": name}),
        ):
            assert answer.status_code == 422, name
            (error,) = answer.json()["errors"]
            assert error["pointer"] in {"/time_zone", "query/time_zone"}
            assert error["detail"] == f"{name!r} is no IANA time zone of a place, such as Europe/Zurich"
    for name in zones["accept"]:
        assert (await operator("POST", "/parking-lots", json=lot_in(name))).status_code == 201, name


async def test_a_lot_whose_zone_was_taken_once_can_still_be_changed(operator: Any, database: Any) -> None:
    """New rules are asked of what is new."""
    lot = await operator.lot()
    await database("UPDATE lots SET time_zone = 'UTC'")
    renamed = await operator("PATCH", f"/parking-lots/{lot['id']}", json={"name": "Messe"})
    assert (renamed.status_code, renamed.json()["time_zone"]) == (200, "UTC")


def lot_in(time_zone: str) -> dict[str, Any]:
    place = {"latitude": 47.55, "longitude": 7.59}
    money = {"amount": 250, "currency": "CHF"}
    return {"name": "A", "location": place, "address": "B", "time_zone": time_zone, "hourly_rate": money}
