"""What is read, by which clients, and what is no valid request."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import structlog
from services.reservation.tests.conftest import MakeLot, SignIn, also_serving, settings_for
from services.reservation.tests.driving import RESERVATIONS, TOMORROW, Database, Driver, spot_request

from parking_chassis.pagination import encode_cursor
from reservation_service.application.ports import LotCopy

YESTERDAY = datetime.now(UTC) - timedelta(days=1)


class TestLists:
    async def test_pages_are_stable_while_others_are_added(self, driver: Driver, make_lot: MakeLot) -> None:
        lot = await make_lot(["standard"] * 8)
        made = [(await driver.holds(lot))["id"] for _ in range(5)]
        first = await driver.get("?limit=2")
        await driver.holds(lot)
        second = await driver.client.get(first.json()["next"], headers=driver.headers)
        third = await driver.client.get(second.json()["next"], headers=driver.headers)
        seen = [each["id"] for page in (first, second, third) for each in page.json()["items"]]
        assert seen == made[::-1]
        assert third.json()["next"] is None
        assert first.headers["link"] == f'<{first.json()["next"]}>; rel="next"'
        assert [len(page.json()["items"]) for page in (first, second, third)] == [2, 2, 1]

    async def test_a_lots_reservations_are_its_operators(
        self, client: httpx.AsyncClient, driver: Driver, lot: LotCopy, signed_in: SignIn
    ) -> None:
        held = await driver.holds(lot)
        operator = Driver(client, signed_in(scope="read:reservation", organizations=(lot.organization_id,)))
        (seen,) = (await operator.get(f"?parking_lot_id={lot.id}")).json()["items"]
        assert (seen["id"], seen["charge"]) == (held["id"], None)
        assert (await operator.get("")).json() == {"items": [], "next": None}
        for stranger in (driver.headers, signed_in(scope="read:reservation", organizations=(uuid4(),))):
            assert (await Driver(client, stranger).get(f"?parking_lot_id={lot.id}")).status_code == 404
        assert len((await Driver(client, signed_in(scope="*")).get(f"?parking_lot_id={lot.id}")).json()["items"]) == 1

    @pytest.mark.parametrize("cursor", ["x", "WyJhIl0", "WyIyMDI2LTAxLTAxVDAwOjAwOjAwIiwieCJd"])
    async def test_a_cursor_that_is_none_of_ours(self, driver: Driver, cursor: str) -> None:
        answer = await driver.get(f"?cursor={cursor}")
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "query/cursor")

    async def test_a_cursor_with_a_naive_time(self, driver: Driver) -> None:
        answer = await driver.get(f"?cursor={encode_cursor('2026-01-01T00:00:00', str(uuid4()))}")
        assert answer.status_code == 422


class TestReading:
    async def test_a_reservation_is_its_drivers_and_its_operators(
        self, client: httpx.AsyncClient, driver: Driver, lot: LotCopy, signed_in: SignIn
    ) -> None:
        path = f"/{(await driver.holds(lot))['id']}"
        operator = Driver(client, signed_in(scope="read:reservation", organizations=(lot.organization_id,)))
        seen = (await operator.get(path)).json()
        assert (seen["status"], seen["charge"]) == ("pending", None)
        for stranger in (
            signed_in(),
            signed_in(scope="read:reservation", organizations=(uuid4(),)),
            signed_in(scope="read:parking", organizations=(lot.organization_id,)),
        ):
            assert (await Driver(client, stranger).get(path)).status_code == 404

    async def test_without_a_token(self, client: httpx.AsyncClient, lot: LotCopy) -> None:
        for answer in (
            await client.get(RESERVATIONS),
            await client.post(RESERVATIONS, json=spot_request(lot), headers={"Idempotency-Key": "one"}),
            await client.post("/api/v1/gates/check-in", json={}),
        ):
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")

    async def test_who_may_not_reserve(self, client: httpx.AsyncClient, lot: LotCopy, signed_in: SignIn) -> None:
        guest = Driver(client, signed_in(scope="read:parking"))
        assert (await guest.reserve(spot_request(lot))).status_code == 403
        machine = Driver(client, signed_in(subject="integrator"))
        assert (await machine.reserve(spot_request(lot))).status_code == 403


class TestAvailability:
    async def test_it_says_what_is_free_at_an_instant(
        self, driver: Driver, make_lot: MakeLot, client: httpx.AsyncClient
    ) -> None:
        lot = await make_lot(["standard", "compact", "accessible"])
        window = {"from": TOMORROW.isoformat(), "to": (TOMORROW + timedelta(hours=1)).isoformat()}
        held = await driver.holds(lot, spot_type="compact")
        answer = (await client.get(f"/api/v1/parking-lots/{lot.id}/availability", params=window)).json()
        assert (answer["free"], [spot["spot_type"] for spot in answer["spots"]]) == (2, ["standard", "accessible"])
        assert held["spot_id"] not in [spot["spot_id"] for spot in answer["spots"]]
        assert abs(datetime.fromisoformat(answer["as_of"]) - datetime.now(UTC)) < timedelta(minutes=1)
        of_type = await client.get(
            f"/api/v1/parking-lots/{lot.id}/availability", params={**window, "spot_type": "compact"}
        )
        assert of_type.json()["free"] == 0

    async def test_it_lists_so_many_spots_and_counts_all(self, client: httpx.AsyncClient, make_lot: MakeLot) -> None:
        lot = await make_lot(["standard"] * 101)
        path = f"/api/v1/parking-lots/{lot.id}/availability"
        window = {"from": TOMORROW.isoformat(), "to": (TOMORROW + timedelta(hours=1)).isoformat()}
        first = await client.get(path, params=window)
        assert (first.json()["free"], len(first.json()["spots"])) == (101, 100)
        assert int(first.headers["Content-Length"]) == len(first.content), (
            "the test's transport does not mind, a server does"
        )
        assert first.headers["Link"] == f'<{first.json()["next"]}>; rel="next"'
        second = await client.get(first.json()["next"])
        assert (second.json()["free"], len(second.json()["spots"]), second.json()["next"]) == (101, 1, None)
        seen = {spot["spot_id"] for page in (first, second) for spot in page.json()["spots"]}
        assert len(seen) == 101
        whole = (await client.get(path, params={**window, "limit": 1000})).json()
        assert (len(whole["spots"]), whole["next"]) == (101, None)
        for limit in (0, 1001):
            refused = await client.get(path, params={**window, "limit": limit})
            assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "query/limit")

    async def test_of_a_closed_lot_nothing_is_free(self, client: httpx.AsyncClient, make_lot: MakeLot) -> None:
        lot = await make_lot(is_open=False)
        window = {"from": TOMORROW.isoformat(), "to": (TOMORROW + timedelta(hours=1)).isoformat()}
        answer = await client.get(f"/api/v1/parking-lots/{lot.id}/availability", params=window)
        assert (answer.status_code, answer.json()["free"]) == (200, 0)

    async def test_bad_windows(self, client: httpx.AsyncClient, lot: LotCopy) -> None:
        path = f"/api/v1/parking-lots/{lot.id}/availability"
        backwards = {"from": TOMORROW.isoformat(), "to": TOMORROW.isoformat()}
        answer = await client.get(path, params=backwards)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "query/to")
        answer = await client.get(path, params={**backwards, "from": "2026-01-01T00:00:00"})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "query/from")
        month = {"from": TOMORROW.isoformat(), "to": (TOMORROW + timedelta(days=31)).isoformat()}
        assert (await client.get(path, params=month)).status_code == 200
        answer = await client.get(path, params={**month, "to": (TOMORROW + timedelta(days=31, seconds=1)).isoformat()})
        (error,) = answer.json()["errors"]
        assert (answer.status_code, error["pointer"]) == (422, "query/to")
        assert error["detail"] == "must be at most 31 days after from"
        far = {"from": (TOMORROW + timedelta(days=366)).isoformat(), "to": (TOMORROW + timedelta(days=367)).isoformat()}
        answer = await client.get(path, params=far)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "query/from")
        unknown = f"/api/v1/parking-lots/{uuid4()}/availability"
        window = {"from": TOMORROW.isoformat(), "to": (TOMORROW + timedelta(hours=1)).isoformat()}
        assert (await client.get(unknown, params=window)).status_code == 404


@pytest.mark.parametrize(
    ("changes", "pointer", "rule"),
    [
        pytest.param({"parking_lot_id": 1}, "/parking_lot_id", "UUID", id="a lot that is a number"),
        pytest.param({"parking_lot_id": "x"}, "/parking_lot_id", "UUID", id="a lot that is a word"),
        pytest.param({"start_time": None}, "/start_time", "offset", id="no start"),
        pytest.param(
            {"start_time": "2026-13-01T00:00:00Z"}, "/start_time", "a time that there is", id="a month that is none"
        ),
        pytest.param({"start_time": TOMORROW.replace(tzinfo=None).isoformat()}, "/start_time", "offset", id="naive"),
        pytest.param({"start_time": TOMORROW.timestamp()}, "/start_time", "offset", id="seconds since 1970"),
        pytest.param({"start_time": str(int(TOMORROW.timestamp()))}, "/start_time", "offset", id="the same as text"),
        pytest.param({"end_time": "9999-12-31T23:59:59-12:00"}, "/end_time", "2200", id="the end of time"),
        pytest.param({"end_time": TOMORROW.isoformat()}, "/end_time", "after start_time", id="no length"),
        pytest.param({"end_time": YESTERDAY.isoformat()}, "/end_time", "after start_time", id="backwards"),
        pytest.param({"start_time": YESTERDAY.isoformat()}, "/start_time", "past", id="begun"),
        pytest.param({"end_time": (TOMORROW + timedelta(days=32)).isoformat()}, "/end_time", "31 days", id="too long"),
        pytest.param({"spot_type": "bus"}, "/spot_type", "standard", id="a type that is none"),
        pytest.param({"spot_id": "A1"}, "/spot_id", "UUID", id="a number where the id belongs"),
        pytest.param({"vehicle_plate": "<script>"}, "/vehicle_plate", "such as 'ZH 123456'", id="a plate that is none"),
        pytest.param({"vehicle_plate": "\0\0"}, "/vehicle_plate", "", id="a plate with NUL"),
        pytest.param({"color": "red"}, "/color", "is no field of this request", id="an unknown field"),
    ],
)
async def test_bad_requests(driver: Driver, lot: LotCopy, changes: dict[str, Any], pointer: str, rule: str) -> None:
    answer = await driver.reserve({**spot_request(lot), **changes})
    assert answer.status_code == 422, answer.text
    problem = answer.json()
    assert problem["type"] == "/problems/invalid-request"
    assert problem["errors"][0]["pointer"] == pointer
    assert rule in problem["errors"][0]["detail"]


class TestTimeThatIsSold:
    async def test_time_that_is_over_is_not_sold(
        self, database_url: str, signing_key: str, driver: Driver, lot: LotCopy
    ) -> None:
        """Whatever the grace for the start, and however short a stay may be."""
        async with also_serving(settings_for(database_url, signing_key, least_stay=0)) as client:
            now = datetime.now(UTC)
            over = spot_request(lot, start=now - timedelta(minutes=4), hours=3 / 60)
            going_on = spot_request(lot, start=now - timedelta(minutes=4), hours=5 / 60)
            answer = await Driver(client, driver.headers).reserve(over)
            assert (answer.status_code, answer.json().get("errors")) == (
                422,
                [{"pointer": "/end_time", "detail": "must not be in the past"}],
            )
            assert (await Driver(client, driver.headers).reserve(going_on)).status_code == 201

    @pytest.mark.parametrize("path", ["/api/v1/reservations", "/api/v1/quotes"])
    async def test_a_stay_is_at_least_a_quarter_of_an_hour(self, driver: Driver, lot: LotCopy, path: str) -> None:
        headers = {**driver.headers, "Idempotency-Key": "one"}
        short = await driver.client.post(path, json=spot_request(lot, hours=14 / 60), headers=headers)
        assert (short.status_code, short.json().get("errors")) == (
            422,
            [{"pointer": "/end_time", "detail": "must be at least 15 minutes after start_time"}],
        )
        enough = await driver.client.post(path, json=spot_request(lot, hours=15 / 60), headers=headers)
        assert enough.status_code in {200, 201}


@pytest.mark.parametrize("body", ["", "[]", "{", "null"])
async def test_bodies_that_are_none(driver: Driver, body: str) -> None:
    headers = {**driver.headers, "Idempotency-Key": "one", "Content-Type": "application/json"}
    answer = await driver.client.post(RESERVATIONS, content=body, headers=headers)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


async def test_things_that_do_not_exist(driver: Driver, lot: LotCopy, make_lot: MakeLot, database: Database) -> None:
    other = await make_lot()
    ((elsewhere,),) = await database.rows("SELECT id FROM spots WHERE parking_lot_id = :lot LIMIT 1", lot=other.id)
    for body in (
        {**spot_request(lot), "parking_lot_id": str(uuid4())},
        spot_request(lot, spot_id=uuid4()),
        spot_request(lot, spot_id=elsewhere),
    ):
        answer = await driver.reserve(body)
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
    assert (await driver.get(f"/{uuid4()}")).status_code == 404
    assert (await driver.get("/x")).status_code == 422


async def test_a_spot_of_another_type(driver: Driver, lot: LotCopy, database: Database) -> None:
    ((spot_id,),) = await database.rows("SELECT id FROM spots LIMIT 1")
    answer = await driver.reserve(spot_request(lot, spot_id=spot_id, spot_type="compact"))
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"pointer": "/spot_type", "detail": "must be standard, as the named spot is"}]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"is_open": False}, "no reservations"),
        ({"tariff_id": uuid4()}, "no prices"),
        ({"tariff_id": None}, "no prices"),
    ],
)
async def test_lots_that_cannot_be_booked(driver: Driver, make_lot: MakeLot, changes: dict[str, Any], why: str) -> None:
    lot = await make_lot(**changes)
    answers = [
        await driver.reserve(spot_request(lot)),
        await driver.client.post("/api/v1/quotes", json=spot_request(lot)),
    ]
    for answer in answers:
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/lot-not-bookable")
        assert why in answer.json()["detail"]


async def test_no_plate_in_logs_events_or_errors(driver: Driver, lot: LotCopy, database: Database) -> None:
    plate = "ZH 987654"
    with structlog.testing.capture_logs() as logs:
        held = await driver.holds(lot, vehicle_plate=plate)
        refused = await driver.reserve(spot_request(lot, vehicle_plate=plate, color="red"))
        await driver.cancel(held)
    assert plate not in repr(logs)
    assert plate not in refused.text
    payloads = await database.rows("SELECT convert_from(payload, 'UTF8') || headers::text FROM outbox")
    assert len(payloads) == 2
    assert plate not in repr(payloads)
