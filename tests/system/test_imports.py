"""Real files of car parks go in through the gateway, and come out of the search in order."""

import json
from pathlib import Path
from uuid import UUID

import pytest
from geographiclib.geodesic import Geodesic
from tests.system.backstage import Databases

from parking_demo.people import City, Json, Operator
from parking_platform.testing.waiting import wait_until

ZURICH_MAIN_STATION = (47.3779, 8.5403)
METRES = 20_000
AROUND = 30_000
"""Metres from the station; parking's own tests import all 649 of the file, with four times the spots."""
IMPORT = "/parking-lots/import?hourly_rate=200&currency=CHF"
"""Prices for files that name none: without them the lots would be drafts."""
# The others, with ten times the spots, are played by parking alone.
FAULTY = ["basel", "freiburg"]


async def imported(operator: Operator, document: Json) -> Json:
    """The report of an import, when it is done."""
    begun = await operator.post_when_known(IMPORT, document)
    assert begun.status_code == 202, begun.text

    async def done() -> Json | None:
        report = (await operator.get(f"/imports/{begun.json()['import_id']}")).json()
        return report if report["status"] != "running" else None

    report = await wait_until(done, "the import to end", seconds=100)
    assert report is not None
    return report


async def test_the_swiss_car_parks_are_found_in_the_order_of_their_distance(
    city: City, operator: Operator, databases: Databases, shared_data: Path
) -> None:
    document = json.loads((shared_data / "real" / "swiss_rail_parking_rates.geojson").read_text())
    document["features"] = [each for each in document["features"] if _metres(each) <= AROUND]
    lots = len(document["features"])
    report = await imported(operator, document)
    assert (report["status"], report["total"], report["created"], report["refused"]) == ("done", lots, lots, [])

    latitude, longitude = ZURICH_MAIN_STATION
    found = await _found(city, f"/api/v1/parking-lots?{latitude=}&{longitude=}&radius_m={METRES}&limit=100")
    ours = [lot for lot in found if lot["organization_id"] == operator.organization_id]
    distances = {tuple(each["geometry"]["coordinates"]): _metres(each) for each in document["features"]}
    assert len(ours) == sum(distance <= METRES for distance in map(_metres, document["features"])) > 0
    assert [lot["distance_m"] for lot in found] == sorted(lot["distance_m"] for lot in found)
    for lot in ours:
        place = (lot["location"]["longitude"], lot["location"]["latitude"])
        assert lot["distance_m"] == pytest.approx(distances[place], abs=1)
    await _can_be_booked(databases, operator.organization_id)


@pytest.mark.parametrize("name", FAULTY)
async def test_faulty_rows_are_reported_and_the_others_kept(
    operator: Operator, databases: Databases, shared_data: Path, name: str
) -> None:
    document = json.loads((shared_data / "real" / f"lots_{name}.geojson").read_text())
    rows = document["features"]
    faulty = [row for row, each in enumerate(rows, start=1) if not _is_sound(each)]
    report = await imported(operator, document)
    assert (report["status"], report["total"], report["created"]) == ("done", len(rows), len(rows) - len(faulty))
    assert [refused["row"] for refused in report["refused"]] == faulty
    assert all(refused["reason"] for refused in report["refused"])
    await _can_be_booked(databases, operator.organization_id)


async def _found(city: City, address: str | None) -> list[Json]:
    """All pages of a search: other tests have lots nearby too."""
    found: list[Json] = []
    while address:
        page = (await city.client.get(address)).json()
        found += page["items"]
        address = page["next"]
    return found


async def _can_be_booked(databases: Databases, organization_id: str) -> None:
    """Reservation knows each spot, thousands of them, and nothing else."""
    organization = UUID(organization_id)
    theirs = "FROM spots JOIN lots ON lots.id = parking_lot_id WHERE lots.organization_id = $1"
    spots = set(await databases.rows("parking", f"SELECT spots.id, number, type {theirs}", organization))

    async def all_are_known() -> bool:
        return (await databases.rows("reservation", f"SELECT count(*) {theirs}", organization))[0][0] >= len(spots) > 0

    await wait_until(all_are_known, f"{len(spots)} spots to be bookable", seconds=100)
    assert set(await databases.rows("reservation", f"SELECT spots.id, number, type {theirs}", organization)) == spots


def _metres(feature: Json) -> float:
    """The geodesic from the station, by Karney's algorithm."""
    longitude, latitude = feature["geometry"]["coordinates"][:2]
    return Geodesic.WGS84.Inverse(*ZURICH_MAIN_STATION, latitude, longitude)["s12"]


def _is_sound(feature: Json) -> bool:
    return bool(feature.get("geometry") and feature["properties"].get("capacity"))
