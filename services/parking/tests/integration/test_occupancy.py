"""Readings of sensors and counters."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import ProgrammingError

from parking_events import LotCountedV1, SpotOccupiedV1, SpotVacatedV1
from parking_platform.testing.servers import SchemaOwner
from parking_service.entrypoints.worker import WatchedLots

Ago = Callable[..., str]


@pytest.fixture
def ago() -> Ago:
    """Instants before the test began; the whole run may have begun long before."""
    now = datetime.now(UTC)
    return lambda **passed: (now - timedelta(**passed)).isoformat()


async def lot_of(http: httpx.AsyncClient, lot: dict[str, Any]) -> dict[str, Any]:
    return (await http.get(f"/parking-lots/{lot['id']}")).json()


async def test_sightings_of_spots_count_once_and_in_their_own_order(
    operator: Any, ago: Ago, http: httpx.AsyncClient, events: Any
) -> None:
    lot = await operator.lot()
    path = f"/parking-lots/{lot['id']}/occupancy"
    first, second = await operator.spots(lot["id"], "1", "2")

    async def see(spot: dict[str, Any], occupied: bool, at: str) -> dict[str, Any]:
        body = {"readings": [{"spot_id": spot["id"], "occupied": occupied, "at": at}]}
        answer = await operator("POST", path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    assert await see(first, True, ago(minutes=4)) == {"applied": 1, "unchanged": 0, "refused": []}
    assert (await see(first, True, ago(minutes=4)))["unchanged"] == 1  # repeated
    assert (await see(first, False, ago(minutes=9)))["unchanged"] == 1  # late
    read = await lot_of(http, lot)
    assert (read["available_spots"], read["confidence"]) == (1, 0.5)  # one of two spots is watched
    assert datetime.fromisoformat(read["available_as_of"]) == datetime.fromisoformat(ago(minutes=4))
    assert (await see(first, True, ago(minutes=3)))["applied"] == 1  # newer, but nothing has changed
    assert (await see(second, False, ago(minutes=1)))["applied"] == 1
    assert (await lot_of(http, lot))["confidence"] == 1.0
    assert (await see(first, False, ago(seconds=10)))["applied"] == 1
    read = await lot_of(http, lot)
    assert (read["available_spots"], read["version"]) == (2, 2)
    spots = (await http.get(f"/parking-lots/{lot['id']}/spots")).json()["items"]
    assert [spot["occupied"] for spot in spots] == [False, False]

    seen = [event for event in await events() if isinstance(event, SpotOccupiedV1 | SpotVacatedV1)]
    assert [(str(event.spot_id), event.occupied, event.version) for event in seen] == [
        (first["id"], True, 1),
        (second["id"], False, 1),
        (first["id"], False, 2),
    ]


async def test_impossible_sightings_are_named_and_the_others_kept(
    operator: Any, ago: Ago, http: httpx.AsyncClient
) -> None:
    lot = await operator.lot()
    path = f"/parking-lots/{lot['id']}/occupancy"
    (spot,) = await operator.spots(lot["id"], "1")
    good = {"spot_id": spot["id"], "occupied": True, "at": ago(minutes=1)}
    unknown = {"spot_id": lot["id"], "occupied": True, "at": ago(minutes=1)}
    future = {"spot_id": spot["id"], "occupied": True, "at": ago(hours=-1)}
    mixed = await operator("POST", path, json={"readings": [good, unknown, future]})
    assert mixed.status_code == 200, mixed.text
    assert mixed.json()["applied"] == 1
    assert [each["pointer"] for each in mixed.json()["refused"]] == ["/readings/1/spot_id", "/readings/2/at"]
    wrong = await operator("POST", path, json={"readings": [unknown, future]})
    assert (wrong.status_code, wrong.json()["type"]) == (422, "/problems/impossible-readings")
    assert [each["pointer"] for each in wrong.json()["errors"]] == ["/readings/0/spot_id", "/readings/1/at"]
    assert (await lot_of(http, lot))["available_spots"] == 0


async def test_a_count_gives_the_free_spots(operator: Any, ago: Ago, http: httpx.AsyncClient, events: Any) -> None:
    lot = await operator.lot()
    path = f"/parking-lots/{lot['id']}/occupancy"
    counted = await operator("POST", path, json={"occupied": 464, "capacity": 750, "at": ago(minutes=2)})
    assert counted.json() == {"applied": 1, "unchanged": 0, "refused": []}
    again = await operator("POST", path, json={"occupied": 1, "capacity": 750, "at": ago(minutes=2)})
    assert again.json()["unchanged"] == 1
    read = await lot_of(http, lot)
    assert (read["available_spots"], read["confidence"]) == (286, 1.0)
    await operator.spots(lot["id"], "1", "2")
    assert (await lot_of(http, lot))["available_spots"] == 2  # no more than it has
    (published,) = [event for event in await events() if isinstance(event, LotCountedV1)]
    assert (published.occupied, published.capacity, published.version) == (464, 750, 1)


async def test_an_old_count_is_not_believed(operator: Any, ago: Ago, http: httpx.AsyncClient) -> None:
    lot = await operator.lot()
    body = {"occupied": 1, "capacity": 2, "at": ago(hours=5)}
    await operator("POST", f"/parking-lots/{lot['id']}/occupancy", json=body)
    read = await lot_of(http, lot)
    assert (read["available_spots"], read["confidence"]) == (1, 0.0)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"occupied": -1}, "/occupied"),
        ({"occupied": 11}, "/occupied"),
        ({"capacity": -1, "occupied": 0}, "/capacity"),
        ({"at": "2099-01-01T00:00:00Z"}, "/at"),
    ],
)
async def test_an_impossible_count_is_refused(operator: Any, ago: Ago, changes: dict[str, Any], pointer: str) -> None:
    lot = await operator.lot()
    body = {"occupied": 1, "capacity": 10, "at": ago(minutes=1), **changes}
    answer = await operator("POST", f"/parking-lots/{lot['id']}/occupancy", json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/impossible-readings")
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]


async def test_basel_s_feed_is_taken_in(operator: Any, http: httpx.AsyncClient, shared_data: Path) -> None:
    """A recorded snapshot: old readings are kept, and shown with no confidence."""
    feed = json.loads((shared_data / "real" / "basel_realtime.json").read_text())
    for garage in (each for each in feed if each["free"] is not None):
        lot = await operator.lot(name=garage["title"])
        body = {
            "occupied": garage["total"] - garage["free"],
            "capacity": garage["total"],
            "at": garage["published"],
        }
        answer = await operator("POST", f"/parking-lots/{lot['id']}/occupancy", json=body)
        if 0 <= garage["free"] <= garage["total"]:
            assert answer.json()["applied"] == 1, answer.text
            read = await lot_of(http, lot)
            assert (read["available_spots"], read["confidence"]) == (garage["free"], 0.0)
        else:
            assert answer.status_code == 422


async def test_the_rate_is_that_of_the_watched_lots(operator: Any, ago: Ago, parking: Any) -> None:
    watched, _ = await operator.lot(), await operator.lot()
    body = {"occupied": 3, "capacity": 12, "at": ago(minutes=1)}
    await operator("POST", f"/parking-lots/{watched['id']}/occupancy", json=body)
    rate = await parking.queries.replica.occupancy_rate()
    assert (rate.spots, rate.taken) == (12, 3)


async def test_the_leader_alone_shows_how_full_the_lots_are(
    operator: Any, ago: Ago, parking: Any, schema_owner: SchemaOwner
) -> None:
    """A figure of the whole: others would show what was true once, and so would a leader that cannot read it."""
    lot, leads = await operator.lot(), [True]
    await operator("POST", f"/parking-lots/{lot['id']}/occupancy", json={"occupied": 3, "capacity": 12, "at": ago()})
    lots = WatchedLots(parking, lambda: leads[0])

    def shown() -> dict[str, list[float]]:
        families = [family for figure in (lots.taken, lots.spots) for family in figure.collect()]
        return {family.name: [sample.value for sample in family.samples] for family in families}

    await lots.measure()
    assert shown() == {"occupancy_rate": [0.25], "watched_spots": [12]}
    await schema_owner.run("ALTER TABLE free_spots RENAME TO away")
    with pytest.raises(ProgrammingError):
        await lots.measure()
    assert shown() == {"occupancy_rate": [], "watched_spots": []}
    await schema_owner.run("ALTER TABLE away RENAME TO free_spots")
    await lots.measure()
    leads[0] = False
    assert shown() == {"occupancy_rate": [], "watched_spots": []}
