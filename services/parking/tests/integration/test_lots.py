"""Lots, spots and tariffs over HTTP, on a real database."""

from typing import Any

import httpx

from parking_events import LotState, SpotState, TariffState


async def test_a_lot_is_created_read_changed_and_retired(operator: Any, http: httpx.AsyncClient, events: Any) -> None:
    lot = await operator.lot(description="Under the square", amenities=["covered", "toilets"])
    path = f"/parking-lots/{lot['id']}"
    assert lot["hourly_rate"] == {"amount": 250, "currency": "CHF"}
    assert lot["daily_rate"] is None
    assert lot["organization_id"] == str(operator.organization_id)
    assert lot["total_spots"] == lot["available_spots"] == 0
    assert (lot["available_as_of"], lot["confidence"], lot["opening_hours"]) == (None, 0.0, None)
    assert (lot["status"], lot["version"], lot["spot_types"]) == ("open", 1, [])

    read = await http.get(path)
    assert read.json() == lot
    assert read.headers["etag"] == '"1"'

    changed = await operator("PATCH", path, json={"name": "Aeschen", "description": None}, headers={"If-Match": '"1"'})
    assert changed.status_code == 200, changed.text
    assert (changed.json()["name"], changed.json()["description"], changed.json()["version"]) == ("Aeschen", None, 2)
    stale = await operator("PATCH", path, json={"name": "Other"}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["type"]) == (412, "/problems/changed-meanwhile")
    unchanged = await operator("PATCH", path, json={"name": "Aeschen"})
    assert unchanged.json()["version"] == 2

    assert (await operator("DELETE", path)).status_code == 204
    assert (await operator("DELETE", path)).status_code == 204
    assert (await http.get(path)).json()["status"] == "retired"
    assert (await http.get("/parking-lots")).json()["items"] == []
    refused = await operator("PATCH", path, json={"name": "Again"})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/lot-retired")

    published = [event for event in await events() if isinstance(event, LotState)]
    assert [event.version for event in published] == [1, 2, 3]
    assert [event.changed for event in published] == [(), ("name", "description"), ("status",)]


async def test_a_lot_without_rates_gets_the_default_tariff(operator: Any, events: Any) -> None:
    lot = await operator.lot(hourly_rate=None)
    assert lot["hourly_rate"] == {"amount": 200, "currency": "CHF"}
    default, own = [event for event in await events() if isinstance(event, TariffState)]
    assert (default.parking_lot_id, default.number, str(own.parking_lot_id)) == (None, 1, lot["id"])
    assert default.lines == own.lines


async def test_a_default_tariff_takes_the_currency_that_is_named(operator: Any) -> None:
    lot = await operator.lot(hourly_rate=None, currency="EUR")
    assert lot["hourly_rate"] == {"amount": 200, "currency": "EUR"}


async def test_rates_may_be_bare_amounts_of_the_named_currency(operator: Any) -> None:
    lot = await operator.lot(hourly_rate=300, daily_rate=2500, currency="EUR")
    assert lot["hourly_rate"] == {"amount": 300, "currency": "EUR"}
    assert lot["daily_rate"] == {"amount": 2500, "currency": "EUR"}


async def test_tariffs_are_numbered_versions(operator: Any, http: httpx.AsyncClient, events: Any) -> None:
    lot = await operator.lot()
    path = f"/parking-lots/{lot['id']}/tariff"
    first = (await http.get(path)).json()
    assert (first["number"], first["lines"][0]["amount"]) == (1, 250)
    body: dict[str, Any] = {
        "currency": "CHF",
        "tax": {"rate_percent": 8.1, "included": True},
        "free_minutes": 10,
        "lines": [
            {"sequence": 1, "type": "flat", "from_minutes": 0, "to_minutes": 60, "amount": 300},
            {"sequence": 2, "type": "incrementing", "from_minutes": 60, "increment_minutes": 30, "amount": 100},
        ],
        "caps": [{"per": "calendar_day", "amount": 2000}],
        "time_bands": [
            {
                "weekdays": [1, 2, 3, 4, 5],
                "from": "18:00",
                "to": "06:00",
                "lines": [{"sequence": 1, "type": "flat", "from_minutes": 0, "amount": 500}],
            }
        ],
    }
    published = await operator("PUT", path, json=body)
    assert published.status_code == 200, published.text
    tariff = published.json()
    assert (tariff["number"], tariff["tax"]) == (2, {"rate_percent": 8.1, "included": True})
    assert tariff["time_bands"][0]["from"] == "18:00"
    line = {"to_minutes": None, "increment_minutes": None}
    assert tariff == {
        **body,
        "id": tariff["id"],
        "number": 2,
        "published_at": tariff["published_at"],
        "rounding_minutes": 0,
        "minimum": None,
        "lines": [{**line, **each} for each in body["lines"]],
        "time_bands": [{**each, "lines": [{**line, **each["lines"][0]}]} for each in body["time_bands"]],
    }
    assert (await http.get(path)).json() == tariff
    assert (await operator("PUT", path, json=body)).json()["number"] == 2
    changed = (await http.get(f"/parking-lots/{lot['id']}")).json()
    assert changed["hourly_rate"]["amount"] == 300
    assert changed["daily_rate"]["amount"] == 2000
    published = [event for event in await events() if isinstance(event, TariffState) and event.parking_lot_id]
    assert [(event.number, event.version) for event in published] == [(1, 1), (2, 1)]
    assert published[-1].tax.rate_basis_points == 810
    assert [(line.type.value, line.to_minutes, line.amount) for line in published[-1].lines] == [
        ("flat", 60, 300),
        ("incrementing", None, 100),
    ]
    assert [(cap.per.value, cap.amount) for cap in published[-1].caps] == [("calendar_day", 2000)]
    assert [(band.weekdays, band.starts, band.ends) for band in published[-1].time_bands] == [
        ((1, 2, 3, 4, 5), "18:00", "06:00")
    ]


async def test_spots_page_like_every_list(operator: Any, http: httpx.AsyncClient) -> None:
    """Anybody may ask for them, and a lot may have thousands: nobody gets more at once than a page."""
    lot, names = await operator.lot(), [f"N{number:03}" for number in range(130)]
    await operator.spots(lot["id"], *names)
    path = f"/parking-lots/{lot['id']}/spots"
    assert len((await http.get(path)).json()["items"]) == 20
    assert (await http.get(path, params={"limit": 101})).status_code == 422
    seen: list[str] = []
    following: str | None = f"{path}?limit=100"
    sizes: list[int] = []
    while following:
        page = await http.get(following.removeprefix("/api/v1"))
        sizes.append(len(page.json()["items"]))
        seen += [spot["spot_number"] for spot in page.json()["items"]]
        following = page.json()["next"]
        assert ('rel="next"' in page.headers.get("link", "")) == bool(following)
    assert (sizes, seen) == ([100, 30], names)


async def test_spots_change_the_lot_once(operator: Any, http: httpx.AsyncClient, events: Any) -> None:
    lot = await operator.lot()
    added = await operator.spots(lot["id"], "A1", "A2", "A3")
    await operator.spots(lot["id"], "E1", spot_type="ev_charging")
    read = (await http.get(f"/parking-lots/{lot['id']}")).json()
    assert (read["total_spots"], read["available_spots"], read["version"]) == (4, 4, 3)
    assert read["spot_types"] == ["standard", "ev_charging"]
    listed = (await http.get(f"/parking-lots/{lot['id']}/spots", params={"spot_type": "ev_charging"})).json()["items"]
    assert [spot["spot_number"] for spot in listed] == ["E1"]
    page = (await http.get(f"/parking-lots/{lot['id']}/spots", params={"limit": 3})).json()
    assert [spot["spot_number"] for spot in page["items"]] == ["A1", "A2", "A3"]
    rest = (await http.get(page["next"].removeprefix("/api/v1"))).json()
    assert ([spot["spot_number"] for spot in rest["items"]], rest["next"]) == (["E1"], None)

    spot = f"/spots/{added[0]['id']}"
    body = {"status": "out_of_service", "width": 2.5, "location_coordinates": {"x": 1, "y": 2}}
    changed = await operator("PATCH", spot, json=body, headers={"If-Match": '"1"'})
    assert changed.status_code == 200, changed.text
    assert (changed.json()["status"], changed.json()["version"], changed.headers["etag"]) == (
        "out_of_service",
        3,
        '"3"',
    )
    assert changed.json()["location_coordinates"] == {"x": 1.0, "y": 2.0, "rotation": None}
    assert (await http.get(f"/parking-lots/{lot['id']}")).json()["available_spots"] == 3
    taken = await operator("PATCH", spot, json={"spot_number": "A2"})
    assert (taken.status_code, taken.json()["type"]) == (409, "/problems/spot-number-taken")
    assert (await operator("PATCH", spot, json={"spot_type": "accessible"})).status_code == 200
    assert (await operator("DELETE", spot)).status_code == 204
    assert (await operator("DELETE", spot)).status_code == 404
    await operator.spots(lot["id"], "A1")

    published = [event for event in await events() if isinstance(event, LotState)]
    assert [event.total_spots for event in published] == [0, 3, 4, 4, 3, 4]
    assert [event.version for event in published] == [1, 2, 3, 4, 5, 6]
    of_spot = [event for event in await events() if isinstance(event, SpotState) and str(event.spot_id) in spot]
    assert [event.version for event in of_spot] == [1, 2, 3, 4, 5]
    assert [event.event_type.split(".")[2] for event in of_spot] == [
        "created",
        "updated",
        "taken_out_of_service",
        "updated",
        "removed",
    ]


async def test_opening_hours_are_kept_and_published(operator: Any, http: httpx.AsyncClient, events: Any) -> None:
    lot = await operator.lot()
    hours = {"mon": [["06:00", "24:00"]], "exceptions": [{"date": "2026-12-25", "hours": []}]}
    path = f"/parking-lots/{lot['id']}/opening-hours"
    put = await operator("PUT", path, json=hours)
    assert put.status_code == 200, put.text
    assert put.json()["opening_hours"]["mon"] == [["06:00", "24:00"]]
    assert put.json()["opening_hours"]["exceptions"] == hours["exceptions"]
    published = [event for event in await events() if isinstance(event, LotState)]
    assert published[-1].changed == ("opening_hours",)
    assert published[-1].opening_hours is not None
    assert published[-1].opening_hours.mon[0].closes == "24:00"
    json_null = {"content": b"null", "headers": {"Content-Type": "application/json"}}
    assert (await operator("PUT", path, **json_null)).json()["opening_hours"] is None


async def test_patch_takes_opening_hours_too(operator: Any) -> None:
    path = f"/parking-lots/{(await operator.lot())['id']}"
    patched = (await operator("PATCH", path, json={"opening_hours": {"sun": [["08:00", "12:00"]]}})).json()
    assert (patched["opening_hours"]["sun"], patched["opening_hours"]["mon"]) == ([["08:00", "12:00"]], [])
    assert (await operator("PATCH", path, json={"name": "Messe"})).json()["opening_hours"] is not None
    assert (await operator("PATCH", path, json={"opening_hours": None})).json()["opening_hours"] is None
    wrong = await operator("PATCH", path, json={"opening_hours": {"sun": [["08:00", "08:00"]]}})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/opening_hours/sun/0")


async def test_spot_numbers_are_unique_in_a_lot(operator: Any) -> None:
    lot = await operator.lot()
    twice = {"spots": [{"spot_number": "1"}, {"spot_number": "1"}]}
    answer = await operator("POST", f"/parking-lots/{lot['id']}/spots", json=twice)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/spot-number-taken")
    thousand = {"spots": [{"spot_number": str(number)} for number in range(1001)]}
    assert (await operator("POST", f"/parking-lots/{lot['id']}/spots", json=thousand)).status_code == 422
    thousand["spots"].pop()
    assert (await operator("POST", f"/parking-lots/{lot['id']}/spots", json=thousand)).status_code == 201
