"""Who may do what, and what is no valid request."""

from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import pytest

from parking_chassis.ids import new_id
from parking_service.domain.organizations import Organization

AT = datetime.now(UTC).isoformat()
TARIFF = {"currency": "CHF", "lines": [{"sequence": 1, "type": "flat", "from_minutes": 0, "amount": 100}]}
FILE = {"type": "FeatureCollection", "features": []}


def lot_body(**changes: object) -> dict[str, Any]:
    known = {
        "name": "Parkhaus",
        "location": {"latitude": 47.55, "longitude": 7.59},
        "address": "Weg 1",
        "time_zone": "Europe/Zurich",
        "hourly_rate": {"amount": 250, "currency": "CHF"},
    }
    return {name: value for name, value in {**known, **changes}.items() if value is not ...}


def writes(lot_id: str, spot_id: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Every write on a lot or a spot that there is."""
    lot = f"/parking-lots/{lot_id}"
    return [
        ("PATCH", lot, {"name": "Mine"}),
        ("PUT", f"{lot}/tariff", TARIFF),
        ("PUT", f"{lot}/opening-hours", {"mon": [["06:00", "24:00"]]}),
        ("POST", f"{lot}/spots", {"spots": [{"spot_number": "9"}]}),
        ("POST", f"{lot}/occupancy", {"occupied": 1, "capacity": 2, "at": AT}),
        ("PATCH", f"/spots/{spot_id}", {"level": "1"}),
        ("DELETE", f"/spots/{spot_id}", {}),
        ("DELETE", lot, {}),
    ]


async def test_an_operator_whose_organization_is_new_is_asked_to_come_again(person: Any) -> None:
    new = person("write:parking", new_id())
    for path, body in (("/parking-lots", lot_body()), ("/parking-lots/import", FILE)):
        answer = await new("POST", path, json=body)
        assert (answer.status_code, answer.headers["Retry-After"]) == (409, "1")
        assert answer.json()["type"] == "/problems/organization-not-ready"


async def test_what_belongs_to_others_is_not_there_for_writing(
    operator: Any, stranger: Any, person: Any, http: httpx.AsyncClient
) -> None:
    lot = await operator.lot()
    (spot,) = await operator.spots(lot["id"], "1")
    driver = person("read:parking write:reservation")
    for method, path, body in writes(lot["id"], spot["id"]):
        assert (await http.request(method, path, json=body)).status_code == 401, path
        assert (await driver(method, path, json=body)).status_code == 403, path
        assert (await stranger(method, path, json=body)).status_code == 404, path
    read = (await http.get(f"/parking-lots/{lot['id']}")).json()
    assert (read["name"], read["version"], read["total_spots"], read["available_as_of"]) == (
        "Parkhaus Aeschen",
        2,
        1,
        None,
    )
    administrator = person("*")
    for method, path, body in writes(lot["id"], spot["id"]):
        assert (await administrator(method, path, json=body)).is_success, path


async def test_imports_are_seen_by_their_own_organization_alone(
    operator: Any, stranger: Any, person: Any, http: httpx.AsyncClient
) -> None:
    started = await operator("POST", "/parking-lots/import", json=FILE)
    path = f"/imports/{started.json()['import_id']}"
    assert started.headers["location"] == f"/api/v1{path}"
    assert (await http.get(path)).status_code == 401
    assert (await stranger("GET", path)).status_code == 404
    assert (await person("*")("GET", path)).status_code == 200
    foreign = await stranger(
        "POST", "/parking-lots/import", json=FILE, params={"organization_id": str(operator.organization_id)}
    )
    assert foreign.status_code == 404


async def test_the_organization_of_a_new_lot(operator: Any, stranger: Any, person: Any) -> None:
    foreign = lot_body(organization_id=str(operator.organization_id))
    assert (await stranger("POST", "/parking-lots", json=foreign)).status_code == 404
    assert (await person("*")("POST", "/parking-lots", json=foreign)).status_code == 201
    several = person("write:parking", operator.organization_id, stranger.organization_id)
    for somebody in (several, person("write:parking"), person("*")):
        answer = await somebody("POST", "/parking-lots", json=lot_body())
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == ["/organization_id"]
    assert (await several("POST", "/parking-lots", json=foreign)).status_code == 201
    nowhere = lot_body(organization_id=str(new_id()))
    assert (await person("*")("POST", "/parking-lots", json=nowhere)).status_code == 404


async def test_an_organization_is_kept_at_its_newest_version(
    operator: Any, keep_organization: Any, database_url: str, events: Any
) -> None:
    for name, version in (("Renamed", 3), ("Late", 2), ("Again", 3)):
        await keep_organization(Organization(operator.organization_id, name, version))
    connection = await asyncpg.connect(database_url)
    kept = await connection.fetch("SELECT name, version FROM organizations")
    await connection.close()
    assert [tuple(row) for row in kept] == [("Renamed", 3)]
    assert len(await events()) == 1  # one default tariff


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": "  "}, "/name"),
        ({"name": "a\0b"}, "/name"),
        ({"name": "x" * 201}, "/name"),
        ({"name": ...}, "/name"),
        ({"colour": "red"}, "/colour"),
        ({"location": {"latitude": 91, "longitude": 7}}, "/location/latitude"),
        ({"location": {"latitude": 47, "longitude": "east"}}, "/location/longitude"),
        ({"time_zone": "Europe/Basel"}, "/time_zone"),
        ({"time_zone": "../etc/passwd"}, "/time_zone"),
        ({"amenities": ["Free WLAN"]}, "/amenities/0"),
        ({"hourly_rate": {"amount": -1, "currency": "CHF"}}, "/hourly_rate/amount"),
        ({"hourly_rate": {"amount": 1, "currency": "ABC"}}, "/currency"),
        ({"hourly_rate": 250}, "/currency"),
        ({"hourly_rate": 250, "currency": "CHF", "daily_rate": {"amount": 1, "currency": "EUR"}}, "/currency"),
        ({"hourly_rate": ..., "daily_rate": 100, "currency": "CHF"}, "/daily_rate"),
        ({"hourly_rate": ..., "currency": "ABC"}, "/currency"),
        ({"tariff": TARIFF}, "/hourly_rate"),
        ({"hourly_rate": ..., "tariff": {**TARIFF, "currency": "ABC"}}, "/tariff/currency"),
        ({"hourly_rate": ..., "tariff": {**TARIFF, "lines": []}}, "/tariff/lines"),
        ({"opening_hours": {"mon": [["25:00", "26:00"]]}}, "/opening_hours/mon/0"),
        ({"opening_hours": {}}, "/opening_hours"),
        ({"organization_id": "mine"}, "/organization_id"),
    ],
)
async def test_a_wrong_lot_names_the_field(operator: Any, changes: dict[str, Any], pointer: str) -> None:
    answer = await operator("POST", "/parking-lots", json=lot_body(**changes))
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


@pytest.mark.parametrize(
    ("method", "path", "body", "pointer"),
    [
        ("PATCH", "", {"name": None}, "/name"),
        ("PATCH", "", {"location": None}, "/location"),
        ("PATCH", "", {"currency": "CHF"}, "/currency"),
        ("PATCH", "", {"time_zone": "Nowhere"}, "/time_zone"),
        ("PUT", "/tariff", {**TARIFF, "currency": "chf"}, "/currency"),
        ("PUT", "/tariff", {**TARIFF, "tax": {"rate_percent": 101}}, "/tax/rate_percent"),
        ("PUT", "/opening-hours", {"sun": [["06:00", "08:00"], ["07:00", "09:00"]]}, "/sun"),
        ("PUT", "/opening-hours", {"sunday": []}, "/sunday"),
        ("POST", "/spots", {"spots": []}, "/spots"),
        ("POST", "/spots", {"spots": [{"spot_number": "1", "width": -1}]}, "/spots/0/width"),
        ("POST", "/spots", {"spots": [{"spot_number": "1", "spot_type": "boat"}]}, "/spots/0/spot_type"),
    ],
)
async def test_wrong_changes_name_the_field(
    operator: Any, method: str, path: str, body: dict[str, Any], pointer: str
) -> None:
    lot = await operator.lot()
    answer = await operator(method, f"/parking-lots/{lot['id']}{path}", json=body)
    assert answer.status_code == 422, answer.text
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


@pytest.mark.parametrize(
    "body",
    [
        {"readings": []},
        {"occupied": 1, "capacity": 2},
        {"occupied": 1, "capacity": 2, "at": "2026-01-01T00:00:00"},
        {"occupied": True, "capacity": 2, "at": AT},
        {"occupied": 2**31, "capacity": 2**31, "at": AT},
        {"readings": [{"spot_id": "1", "occupied": True, "at": AT}]},
        {"readings": [{"spot_id": str(new_id()), "occupied": 1, "at": AT}]},
        {},
    ],
)
async def test_wrong_readings_are_refused(operator: Any, body: dict[str, Any]) -> None:
    lot = await operator.lot()
    answer = await operator("POST", f"/parking-lots/{lot['id']}/occupancy", json=body)
    assert answer.status_code == 422, answer.text


async def test_what_is_not_there_is_404(operator: Any, http: httpx.AsyncClient) -> None:
    nothing = new_id()
    for path in ("", "/spots", "/tariff"):
        answer = await http.get(f"/parking-lots/{nothing}{path}")
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
    for method, path, body in writes(str(nothing), str(nothing)):
        assert (await operator(method, path, json=body)).status_code == 404
    assert (await operator("GET", f"/imports/{nothing}")).status_code == 404
