"""Supply that goes away under bookings: the same in all five ways, over HTTP and on a real database."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from services.parking.tests.supplies import (
    EVERY_DAY,
    HOUR,
    NOON,
    NOW,
    Book,
    Supply,
    Way,
    change_hours,
    in_the_way,
    make_it_another_type,
    remove,
    retire,
    shorten_hours,
    stored,
    take_out_of_service,
    with_supply_change,
)

from parking_chassis.ids import new_id
from parking_kernel.jobs import JobStatus
from parking_service.application.commands.purge_bookings import PurgeBookings
from parking_service.application.commands.purge_supply_changes import PurgeSupplyChanges
from parking_service.application.event_handlers.follow_supply_change import FollowSupplyChange, follow_supply_change
from parking_service.bootstrap import Parking
from parking_service.domain.supply import SupplyProgress

WAYS = pytest.mark.parametrize(
    "way", [retire, remove, take_out_of_service, make_it_another_type, shorten_hours, change_hours]
)


@WAYS
async def test_a_preview_shows_what_would_be_affected_and_changes_nothing(
    supply: Supply, book: Book, database_url: str, way: Way
) -> None:
    booking = await book(supply)
    before = await stored(database_url)
    for parameters in ({"preview": "true"}, {"preview": "true", "affected": "refund"}):
        answer = await way(supply, parameters)
        assert (answer.status_code, answer.json()) == (200, in_the_way(booking)), answer.text
    assert await stored(database_url) == before


@WAYS
async def test_bookings_in_the_way_refuse_the_change_with_their_count_and_the_first(
    supply: Supply, book: Book, database_url: str, way: Way
) -> None:
    later, first = await book(supply, starts_at=NOON + HOUR), await book(supply, status="pending")
    before = await stored(database_url)
    answer = await way(supply, {})
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (409, "/problems/bookings-affected"), answer.text
    assert {name: problem[name] for name in ("count", "first", "as_of")} == in_the_way(first, later)
    assert "affected=move or affected=refund" in problem["detail"]
    assert await stored(database_url) == before


@WAYS
@pytest.mark.parametrize("policy", ["move", "refund"])
async def test_with_a_policy_it_commits_publishes_the_policy_and_answers_with_a_job(
    supply: Supply, book: Book, events: Any, way: Way, policy: str
) -> None:
    await book(supply)
    answer = await way(supply, {"affected": policy})
    assert answer.status_code == 202, answer.text
    change_id = answer.json()["supply_change_id"]
    assert answer.headers["Location"] == f"/api/v1/supply-changes/{change_id}"
    (event,) = with_supply_change(await events())
    assert (str(event.supply_change.id), event.supply_change.affected.value) == (change_id, policy)
    assert event.event_type.removesuffix(".v1") in {
        *("parking.lot.retired", "parking.lot.updated"),
        *("parking.spot.removed", "parking.spot.taken_out_of_service", "parking.spot.updated"),
    }
    job = (await supply.operator("GET", f"/supply-changes/{change_id}")).json()
    assert {**job, "started_at": None} == {
        "id": change_id,
        "parking_lot_id": supply.lot_id,
        "affected": policy,
        "status": "running",
        "total": 1,
        "done": 0,
        "moved": 0,
        "refunded": 0,
        "cancelled": 0,
        "waiting_for_exit": 0,
        "started_at": None,
        "ended_at": None,
        "failure": None,
    }


@WAYS
async def test_without_bookings_in_the_way_it_is_answered_as_ever_and_those_that_were_missed_are_moved(
    supply: Supply, book: Book, events: Any, way: Way
) -> None:
    """What parking's copy does not know yet is in the way all the same: reservation treats it as `move`."""
    for status in ("cancelled", "expired", "completed", "no_show"):
        await book(supply, status=status)
    await book(supply, starts_at=NOW - 2 * HOUR)
    if way is not retire:
        await book(supply, "S0001", starts_at=NOON - 4 * HOUR)  # 9:00 or 10:00 in Zurich
    answer = await way(supply, {})
    assert answer.status_code in {200, 204}, answer.text
    (event,) = with_supply_change(await events())
    assert event.supply_change.affected.value == "move"
    assert (await supply.operator("GET", f"/supply-changes/{event.supply_change.id}")).json()["total"] == 0


@pytest.mark.parametrize("way", [remove, take_out_of_service, make_it_another_type, shorten_hours])
async def test_later_versions_take_nothing_away(supply: Supply, events: Any, way: Way) -> None:
    assert (await way(supply, {"affected": "move"})).status_code == 202
    for name in ("Renamed", "Again"):
        assert (await supply.operator("PATCH", supply.path, json={"name": name})).status_code == 200
    if way is take_out_of_service:
        path = f"/spots/{supply.spots['S0002']}"
        assert (await supply.operator("PATCH", path, json={"level": "2"})).status_code == 200
        assert (await supply.operator("PATCH", path, json={"status": "in_service"})).status_code == 200
    assert len(with_supply_change(await events())) == 1


async def test_a_car_that_is_in_is_in_the_way_also_beyond_its_end(supply: Supply, book: Book) -> None:
    inside = await book(supply, starts_at=NOW - 3 * HOUR, status="active")
    assert (await remove(supply, {"preview": "true"})).json() == in_the_way(inside)


async def test_what_takes_no_supply_away_makes_no_job(supply: Supply, book: Book, events: Any) -> None:
    await book(supply)
    policy = {"affected": "refund"}
    longer = {day: [["00:00", "24:00"]] for day in EVERY_DAY}
    for method, path, body in (
        ("PATCH", supply.path, {"name": "Renamed"}),
        ("PUT", f"{supply.path}/opening-hours", longer),
        ("PATCH", f"/spots/{supply.spots['S0002']}", {"level": "1"}),
        ("PATCH", f"/spots/{supply.spots['S0002']}", {"spot_type": "standard"}),
    ):
        answer = await supply.operator(method, path, json=body, params=policy)
        assert (answer.status_code, answer.headers.get("Location")) == (200, None), answer.text
        look = await supply.operator(method, path, json=body, params={"preview": "true"})
        assert look.json() == in_the_way()
    assert with_supply_change(await events()) == []


async def test_hours_in_another_zone_meet_bookings_too(supply: Supply, book: Book) -> None:
    assert (await shorten_hours(supply, {})).status_code == 200
    await book(supply, starts_at=NOON.replace(hour=5), ends_at=NOON.replace(hour=6))  # 6:00 or 7:00 in Zurich
    zone = {"time_zone": "America/New_York"}
    answer = await supply.operator("PATCH", supply.path, json=zone)
    assert (answer.status_code, answer.json()["count"]) == (409, 1), answer.text


async def test_what_a_change_refuses_its_preview_refuses(supply: Supply, stranger: Any) -> None:
    preview, spot = {"preview": "true"}, f"/spots/{supply.spots['S0002']}"
    for method, path in (("DELETE", supply.path), ("DELETE", spot)):
        assert (await stranger(method, path, params=preview)).status_code == 404
    body = {"status": "out_of_service", "spot_number": "S0001"}
    taken = await supply.operator("PATCH", spot, json=body, params=preview)
    assert (taken.status_code, taken.json()["type"]) == (409, "/problems/spot-number-taken")
    stale = await supply.operator("DELETE", supply.path, params=preview, headers={"If-Match": '"99"'})
    assert stale.status_code == 412
    wrong = await supply.operator("DELETE", supply.path, params={"affected": "forget"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "query/affected")
    assert (await retire(supply, {})).status_code == 204
    retired = await supply.operator("DELETE", spot, params=preview)
    assert (retired.status_code, retired.json()["type"]) == (409, "/problems/lot-retired")


async def test_a_supply_change_is_seen_by_its_own_organization_alone(
    supply: Supply, stranger: Any, person: Any, http: httpx.AsyncClient
) -> None:
    path = f"/supply-changes/{(await retire(supply, {'affected': 'move'})).json()['supply_change_id']}"
    assert (await http.get(path)).status_code == 401
    assert (await person("read:parking")("GET", path)).status_code == 403
    assert (await stranger("GET", path)).status_code == 404
    assert (await person("*")("GET", path)).status_code == 200
    assert (await supply.operator("GET", f"/supply-changes/{new_id()}")).status_code == 404


async def test_the_job_shows_what_reservation_publishes(supply: Supply, book: Book, parking: Parking) -> None:
    await book(supply)
    change_id = (await retire(supply, {"affected": "move"})).json()["supply_change_id"]
    async with parking.engine.begin() as connection, parking.work_on(connection) as work:
        progress = SupplyProgress(total=3, moved=1, cancelled=1, waiting_for_exit=1, version=4)
        await follow_supply_change(FollowSupplyChange(UUID(change_id), progress), work)
    job = (await supply.operator("GET", f"/supply-changes/{change_id}")).json()
    assert [
        job[name] for name in ("status", "total", "done", "moved", "refunded", "cancelled", "waiting_for_exit")
    ] == [*("running", 3, 2, 1, 0, 1, 1)]


async def test_bookings_that_are_over_are_purged_by_the_worker(
    supply: Supply, book: Book, parking: Parking, database_url: str
) -> None:
    long_ago = NOW - timedelta(days=8)
    await book(supply, starts_at=long_ago - HOUR, committed_at=long_ago, status="completed")
    future = await book(supply)
    assert await parking.use_cases.purge_bookings(PurgeBookings()) == 1
    connection = await asyncpg.connect(database_url)
    assert await connection.fetchval("SELECT array_agg(reservation_id) FROM bookings") == [future.reservation_id]
    await connection.close()


async def test_the_api_document_names_the_refusal_and_the_job(http: httpx.AsyncClient) -> None:
    paths = (await http.get("http://parking/openapi.json")).json()["paths"]
    lot, spot = paths["/api/v1/parking-lots/{lot_id}"], paths["/api/v1/spots/{spot_id}"]
    hours = paths["/api/v1/parking-lots/{lot_id}/opening-hours"]
    for operation in (lot["delete"], lot["patch"], hours["put"], spot["delete"], spot["patch"]):
        for refusal in ("Bookings are in the way", "An earlier change is at work"):
            assert refusal in operation["responses"]["409"]["description"]
        assert "Location" in operation["responses"]["202"]["headers"]
        assert {"affected", "preview"} <= {each["name"] for each in operation["parameters"]}
        assert "AffectedBookingsAnswer" in json.dumps(operation["responses"]["200"])
    imports = paths["/api/v1/parking-lots/import"]["post"]
    assert {"affected", "preview"} <= {each["name"] for each in imports["parameters"]}


async def test_supply_changes_are_purged_by_the_worker_when_nobody_looks_at_them_any_more(
    supply: Supply, book: Book, parking: Parking
) -> None:
    await book(supply)
    path = f"/supply-changes/{(await retire(supply, {'affected': 'move'})).json()['supply_change_id']}"

    async def ended(version: int, ago: timedelta) -> None:
        async with parking.engine.begin() as connection, parking.work_on(connection) as work:
            at = parking.clock.now() - ago
            progress = SupplyProgress(1, 1, status=JobStatus.DONE, ended_at=at, version=version)
            await follow_supply_change(FollowSupplyChange(UUID(path.rpartition("/")[2]), progress), work)

    stored_for = timedelta(seconds=parking.settings.supply_changes_stored_for)
    assert await parking.use_cases.purge_supply_changes(PurgeSupplyChanges()) == 0, "it runs"
    await ended(2, stored_for - HOUR)
    assert await parking.use_cases.purge_supply_changes(PurgeSupplyChanges()) == 0
    assert (await supply.operator("GET", path)).status_code == 200
    await ended(3, stored_for + HOUR)
    assert await parking.use_cases.purge_supply_changes(PurgeSupplyChanges()) == 1
    assert (await supply.operator("GET", path)).status_code == 404
