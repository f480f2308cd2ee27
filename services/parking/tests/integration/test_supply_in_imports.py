"""A smaller file takes supply away as the other four ways do."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from services.parking.tests.supplies import (
    HOUR,
    NOON,
    NOW,
    PRICES,
    Book,
    Supply,
    file_of,
    in_the_way,
    stored,
    supply_of,
    with_supply_change,
)


async def test_a_smaller_file_puts_the_row_among_the_refused_with_its_reason(
    supply: Supply, book: Book, http: httpx.AsyncClient
) -> None:
    booking = await book(supply)
    await book(supply, "S0001")
    before = (await http.get(supply.path)).json()
    started = await supply.smaller_file()
    report = (await supply.operator("GET", f"/imports/{started.json()['import_id']}")).json()
    assert (report["status"], report["updated"], report["supply_changes"]) == ("done", 0, [])
    reason = (
        f"1 booking is in the way, the first on spot S0002 from {booking.starts_at.isoformat()};"
        " say what becomes of them: affected=move or affected=refund"
    )
    assert report["refused"] == [{"row": 1, "id": "shrinks", "reason": reason}]
    assert (await http.get(supply.path)).json() == before


async def test_a_smaller_file_s_preview_shows_its_bookings_and_changes_nothing(
    supply: Supply, book: Book, database_url: str, stranger: Any
) -> None:
    booking = await book(supply)
    await book(supply, "S0001")
    before = await stored(database_url)
    preview = {"preview": "true"}
    answer = await supply.operator("POST", "/parking-lots/import", json=file_of(1), params=preview)
    assert (answer.status_code, answer.json()) == (200, in_the_way(booking))
    same = await supply.operator("POST", "/parking-lots/import", json=file_of(2), params=preview)
    assert same.json() == in_the_way()
    foreign = preview | {"organization_id": str(supply.operator.organization_id)}
    assert (await stranger("POST", "/parking-lots/import", json=file_of(1), params=foreign)).status_code == 404
    wrong = await supply.operator("POST", "/parking-lots/import", json=file_of(1), params=preview | {"time_zone": "x"})
    assert wrong.status_code == 422
    assert await stored(database_url) == before


@pytest.mark.parametrize("policy", ["move", "refund"])
async def test_a_smaller_file_takes_the_same_parameter(supply: Supply, book: Book, events: Any, policy: str) -> None:
    await book(supply)
    await book(supply, "S0001")
    started = await supply.smaller_file(affected=policy)
    report = (await supply.operator("GET", f"/imports/{started.json()['import_id']}")).json()
    assert (report["status"], report["updated"], report["refused"], report["affected"]) == ("done", 1, [], policy)
    (removed,) = with_supply_change(await events())
    assert (removed.event_type, removed.supply_change.affected.value) == ("parking.spot.removed.v1", policy)
    assert report["supply_changes"] == [str(removed.supply_change.id)]
    job = (await supply.operator("GET", f"/supply-changes/{report['supply_changes'][0]}")).json()
    assert (job["total"], job["affected"], job["status"]) == (1, policy, "running")


async def test_all_events_of_a_lot_in_one_import_name_one_change(
    operator: Any, run_imports: Any, http: httpx.AsyncClient, events: Any
) -> None:
    for capacity in (5, 2):
        await operator("POST", "/parking-lots/import", json=file_of(capacity), params={"affected": "move"})
        await run_imports()
    removed = with_supply_change(await events())
    assert [event.event_type for event in removed] == ["parking.spot.removed.v1"] * 3
    assert len({event.supply_change.id for event in removed}) == 1


async def test_the_same_key_with_another_policy_is_another_request(supply: Supply) -> None:
    key = {"Idempotency-Key": "once"}

    async def send(**parameters: str) -> httpx.Response:
        return await supply.operator("POST", "/parking-lots/import", json=file_of(1), params=parameters, headers=key)

    assert (await send(affected="move")).status_code == 202
    assert (await send(affected="move")).headers["Idempotent-Replayed"] == "true"
    assert (await send(affected="refund")).json()["type"] == "/problems/idempotency-key-reused"


async def test_of_a_smaller_file_those_spots_go_that_the_fewest_bookings_stand_on(
    supply: Supply, book: Book, http: httpx.AsyncClient, events: Any
) -> None:
    """`S0002` has the higher number, and is booked: `S0001` goes, whose only booking is over."""
    await book(supply)
    await book(supply, "S0001", status="completed")
    preview = await supply.operator("POST", "/parking-lots/import", json=file_of(1), params={"preview": "true"})
    assert preview.json() == in_the_way()
    started = await supply.smaller_file()
    report = (await supply.operator("GET", f"/imports/{started.json()['import_id']}")).json()
    assert (report["updated"], report["refused"]) == (1, [])
    (left,) = (await http.get(f"{supply.path}/spots")).json()["items"]
    assert left["id"] == supply.spots["S0002"]
    (removed,) = with_supply_change(await events())
    assert removed.subject == supply.spots["S0001"]


async def test_where_all_are_booked_the_fewest_bookings_are_in_the_way(supply: Supply, book: Book) -> None:
    """A car that is in counts, also beyond its end; a preview and the refused row name the same booking."""
    await book(supply, starts_at=NOON)
    await book(supply, starts_at=NOW - 3 * HOUR, status="active")
    fewest = await book(supply, "S0001")
    preview = await supply.operator("POST", "/parking-lots/import", json=file_of(1), params={"preview": "true"})
    assert preview.json() == in_the_way(fewest)
    started = await supply.smaller_file()
    (refused,) = (await supply.operator("GET", f"/imports/{started.json()['import_id']}")).json()["refused"]
    assert refused["reason"].startswith("1 booking is in the way, the first on spot S0001")


@pytest.mark.parametrize("policy", ["move", "refund"])
async def test_the_field_s_shrinking_files(
    operator: Any,
    run_imports: Any,
    http: httpx.AsyncClient,
    book: Book,
    events: Any,
    shared_cases: Path,
    policy: str,
) -> None:
    """`import-shrinks-2`, then `-1` with both spots booked: refused with that reason, or by the operator's policy."""

    async def send(name: str, **parameters: str) -> dict[str, Any]:
        document = json.loads((shared_cases / name).read_text())
        started = await operator("POST", "/parking-lots/import", json=document, params=PRICES | parameters)
        await run_imports()
        return (await operator("GET", f"/imports/{started.json()['import_id']}")).json()

    two = await send("import-shrinks-2.geojson")
    assert (two["created"], two["refused"]) == (1, [])
    supply = await supply_of(operator, run_imports, http)
    booking = await book(supply)
    await book(supply, "S0001")
    (refused,) = (await send("import-shrinks-1.geojson"))["refused"]
    assert (refused["row"], refused["id"]) == (1, "shrinks")
    assert refused["reason"].startswith("1 booking is in the way, the first on spot S0002")
    assert (await send("import-shrinks-1.geojson", affected=policy))["updated"] == 1
    (removed,) = with_supply_change(await events())
    assert (removed.subject, removed.supply_change.affected.value) == (str(booking.spot_id), policy)


async def test_the_field_s_shrinking_files_leave_a_booked_spot_where_another_is_free(
    operator: Any, run_imports: Any, http: httpx.AsyncClient, book: Book, shared_cases: Path
) -> None:
    """`S0002` alone is booked: it is not the one that goes, so its booking stands on a spot that is there."""
    for name in ("import-shrinks-2.geojson", "import-shrinks-1.geojson"):
        document = json.loads((shared_cases / name).read_text())
        await operator("POST", "/parking-lots/import", json=document, params=PRICES)
        await run_imports()
        supply = await supply_of(operator, run_imports, http)
        if name == "import-shrinks-2.geojson":
            await book(supply)
    assert list(supply.spots) == ["S0002"]
