"""Quote, hold, clash, many at once, repeat: over HTTP on a real database."""

import asyncio
import json
import unicodedata
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from services.reservation.tests.conftest import MakeLot, SignIn
from services.reservation.tests.driving import TOMORROW, Database, Driver, spot_request
from services.reservation.tests.examples import hourly
from sqlalchemy import text

from parking_chassis.stored_answers import SEALED
from parking_kernel.tariffs import TimeBand
from parking_platform.testing.servers import SchemaOwner
from parking_platform.testing.waiting import wait_until
from reservation_service.application.ports import LotCopy
from reservation_service.bootstrap import Reservation

PLATES = json.loads((Path(__file__).parents[5] / "shared" / "cases" / "plates.json").read_text())
OVERLAPS = """
SELECT count(*) FROM allocations a JOIN allocations b
    ON a.spot_id = b.spot_id AND a.id < b.id AND a.during && b.during
"""


class TestOneBooking:
    async def test_the_quote_is_the_charge_line_by_line(self, driver: Driver, lot: LotCopy) -> None:
        quote = (await driver.client.post("/api/v1/quotes", json=spot_request(lot))).json()
        booked = await driver.holds(lot)
        assert booked["total_cost"] == quote["total_cost"] == {"amount": 600, "currency": "CHF"}
        assert booked["line_items"] == quote["line_items"]
        assert quote["line_items"] == [
            {"label": "3 × 60 min", "kind": "time", "amount": 557},
            {"label": "VAT 7.7 %", "kind": "tax", "amount": 43},
        ]
        assert quote["taxes"] == {"amount": 43, "currency": "CHF"}
        assert quote["tariff_version"] == str(lot.tariff_id)
        assert quote["cancellation_terms"][0] == {"until_hours_before": 1, "refund_percent": 100}

    async def test_a_price_below_the_least_charge_is_raised_in_a_line_of_its_own(
        self, driver: Driver, make_lot: MakeLot, database: Database
    ) -> None:
        """Of a published tariff that names no rule: what cannot be charged is never booked."""
        lot = await make_lot(tariff=hourly(10))
        quote = (await driver.client.post("/api/v1/quotes", json=spot_request(lot))).json()
        assert quote["total_cost"] == {"amount": 50, "currency": "CHF"}
        assert {"label": "Least charge of 0.50 CHF", "kind": "minimum", "amount": 18} in quote["line_items"]
        assert sum(item["amount"] for item in quote["line_items"]) == 50
        booked = await driver.holds(lot)
        assert (booked["charge"]["amount"], booked["line_items"]) == (quote["total_cost"], quote["line_items"])

    async def test_a_price_that_no_payment_can_have_is_not_booked(self, driver: Driver, make_lot: MakeLot) -> None:
        lot = await make_lot(tariff=hourly(500_000, "ISK"))
        for path in ("/api/v1/quotes", "/api/v1/reservations"):
            headers = {"Idempotency-Key": str(uuid4())}
            answer = await driver.client.post(path, json=spot_request(lot), headers={**driver.headers, **headers})
            assert (answer.status_code, answer.json()["type"]) == (409, "/problems/lot-not-bookable")
            assert "1500000 ISK" in answer.json()["detail"]

    async def test_the_quote_says_where_bands_begin_the_table_again(self, driver: Driver, make_lot: MakeLot) -> None:
        by_day = hourly(200)
        night = TimeBand((1, 2, 3, 4, 5, 6, 7), "22:00", "06:00", (replace(by_day.tariff.lines[0], amount=50),))
        lot = await make_lot(tariff=replace(by_day, tariff=replace(by_day.tariff, time_bands=(night,))))
        evening = TOMORROW.astimezone(ZoneInfo("Europe/Zurich")).replace(hour=20, minute=0)
        asked = spot_request(lot, start=evening, hours=4)
        quote = (await driver.client.post("/api/v1/quotes", json=asked)).json()
        labels = [item["label"] for item in quote["line_items"]]
        assert labels == ["2 × 60 min", "2 × 60 min, 22:00 to 06:00", "VAT 7.7 %"]
        assert len(quote["notes"]) == 1
        assert "counted from the start again" in quote["notes"][0]
        by_day_alone = (
            await driver.client.post("/api/v1/quotes", json=spot_request(lot, start=evening, hours=2))
        ).json()
        assert by_day_alone["notes"] == []

    async def test_a_hold_has_all_that_the_next_step_needs(self, driver: Driver, lot: LotCopy) -> None:
        booked = await driver.holds(lot, vehicle_plate="ZH 123")
        assert (booked["status"], booked["version"], booked["vehicle_plate"]) == ("pending", 1, "ZH 123")
        assert booked["charge"]["amount"] == booked["total_cost"]
        assert booked["hold_expires_at"].endswith("Z")
        seen = await driver.sees(booked)
        assert {**seen, "charge": None} == {**booked, "charge": None}
        assert (await driver.get(f"/{booked['id']}")).headers["etag"] == '"1"'

    async def test_a_plate_of_any_country_is_stored_in_one_form(
        self, driver: Driver, make_lot: MakeLot, database: Database
    ) -> None:
        """The field's own list, and what is none."""
        plates = [*PLATES["real"], *PLATES["controls"]]
        lot = await make_lot(["standard"] * len(plates))
        for plate in plates:
            stored = unicodedata.normalize("NFC", plate).upper()
            booked = await driver.holds(lot, vehicle_plate=unicodedata.normalize("NFD", plate).lower())
            assert (booked["vehicle_plate"], (await driver.sees(booked))["vehicle_plate"]) == (stored, stored)
            assert (stored,) in await database.rows("SELECT vehicle_plate FROM reservations")
        for plate in PLATES["no plates"]:
            refused = await driver.reserve(spot_request(lot, vehicle_plate=plate))
            assert [each["pointer"] for each in refused.json()["errors"]] == ["/vehicle_plate"], plate
            assert "such as 'ZH 123456'" in refused.json()["errors"][0]["detail"]

    async def test_an_unverified_driver_books_and_the_answer_says_so(
        self, client: httpx.AsyncClient, lot: LotCopy, signed_in: SignIn
    ) -> None:
        driver = Driver(client, signed_in(email_verified=False))
        answers = [await driver.reserve(spot_request(lot), "one") for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 201]
        assert "not verified" in answers[0].json()["notice"]
        assert "/auth/verify-email/resend" in answers[0].json()["notice"]
        assert answers[1].content == answers[0].content, "a repeat gets the first answer"
        verified = Driver(client, signed_in())
        assert (await verified.holds(lot))["notice"] is None

    async def test_a_new_tariff_prices_what_is_booked_after_it(
        self, driver: Driver, lot: LotCopy, service: Reservation
    ) -> None:
        before, dear = await driver.holds(lot), hourly(900)
        async with service.engine.begin() as connection, service.work_on(connection) as work:
            await work.copies.keep_tariff(dear)
            await work.copies.keep_lot(replace(lot, tariff_id=dear.id, version=2))
        after = await driver.holds(lot)
        assert (before["total_cost"]["amount"], after["total_cost"]["amount"]) == (600, 2700)
        assert (await driver.sees(before))["total_cost"] == before["total_cost"]

    async def test_what_costs_nothing_is_confirmed_at_once(
        self, driver: Driver, make_lot: MakeLot, database: Database
    ) -> None:
        booked = await driver.holds(await make_lot(tariff=hourly(0)))
        assert (booked["status"], booked["charge"], booked["hold_expires_at"]) == ("confirmed", None, None)
        assert await database.published() == [("reservation.created", 1), ("reservation.confirmed", 2)]

    async def test_the_spot_that_wastes_least_of_the_timetable(self, driver: Driver, lot: LotCopy) -> None:
        early = await driver.holds(lot, start=TOMORROW - timedelta(hours=3))
        between = await driver.holds(lot)
        assert between["spot_id"] == early["spot_id"]

    async def test_adjacent_periods_do_not_meet(self, driver: Driver, make_lot: MakeLot) -> None:
        lot = await make_lot(["standard"])
        for start in (TOMORROW, TOMORROW + timedelta(hours=3), TOMORROW - timedelta(hours=3)):
            await driver.holds(lot, start=start)
        assert (await driver.reserve(spot_request(lot, start=TOMORROW + timedelta(hours=2)))).status_code == 409


class TestClashes:
    async def test_a_refusal_names_what_is_free(self, driver: Driver, make_lot: MakeLot, database: Database) -> None:
        lot, near = await make_lot(["standard"]), await make_lot(["standard"], latitude=47.39)
        await driver.holds(lot)
        refused = await driver.reserve(spot_request(lot))
        assert refused.headers["content-type"] == "application/problem+json"
        problem = refused.json()
        assert (problem["status"], problem["type"]) == (409, "/problems/spot-unavailable")
        assert problem["request_id"] == refused.headers["x-request-id"]
        assert problem["alternatives"][-1]["parking_lot_id"] == str(near.id)
        assert 1000 < problem["alternatives"][-1]["distance_m"] < 1200
        for each in problem["alternatives"]:
            body = {name: each[name] for name in ("parking_lot_id", "spot_id", "start_time", "end_time")}
            taken = await driver.reserve(body)
            assert taken.status_code in {201, 409}  # the shifted times overlap one another
        assert await database.rows(OVERLAPS) == [(0,)]

    async def test_two_hundred_drivers_want_the_same_spot(
        self, client: httpx.AsyncClient, lot: LotCopy, signed_in: SignIn, database: Database
    ) -> None:
        ((spot_id,),) = await database.rows("SELECT id FROM spots LIMIT 1")
        drivers = [Driver(client, signed_in()) for _ in range(200)]
        answers = await asyncio.gather(*(each.reserve(spot_request(lot, spot_id=spot_id)) for each in drivers))
        assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 199}
        assert all(answer.json()["alternatives"] for answer in answers if answer.status_code == 409)
        assert await database.rows("SELECT count(*) FROM reservations") == [(1,)]
        assert await database.rows(OVERLAPS) == [(0,)]

    async def test_without_the_constraint_that_test_fails(
        self, client: httpx.AsyncClient, lot: LotCopy, signed_in: SignIn, database: Database, schema_owner: SchemaOwner
    ) -> None:
        """The negative control: it is the constraint that keeps the promise, and nothing else."""
        await schema_owner.run("ALTER TABLE allocations DROP CONSTRAINT no_double_booking")
        ((spot_id,),) = await database.rows("SELECT id FROM spots LIMIT 1")
        drivers = [Driver(client, signed_in()) for _ in range(20)]
        answers = await asyncio.gather(*(each.reserve(spot_request(lot, spot_id=spot_id)) for each in drivers))
        assert sum(answer.status_code == 201 for answer in answers) > 1
        assert (await database.rows(OVERLAPS))[0][0] > 0

    async def test_many_at_once_get_every_spot_and_no_refusal_before_the_last(
        self, client: httpx.AsyncClient, make_lot: MakeLot, signed_in: SignIn, database: Database
    ) -> None:
        """2 000 attempts, 64 in flight, 100 spots with unlike gaps, so that all want the same ones first."""
        lot = await make_lot(["standard"] * 100)
        await database.rows(
            """
            INSERT INTO allocations (id, parking_lot_id, spot_id, during, block_id)
            SELECT gen_random_uuid(), parking_lot_id, id, tstzrange(
                CAST(:start AS timestamptz) - number::int * interval '2 minutes' - interval '1 minute',
                CAST(:start AS timestamptz) - number::int * interval '2 minutes'), gen_random_uuid()
            FROM spots
            """,
            start=TOMORROW,
        )
        in_flight, driver = asyncio.Semaphore(64), Driver(client, signed_in())

        async def attempt() -> int:
            async with in_flight:
                return (await driver.insists(spot_request(lot))).status_code

        statuses = Counter(await asyncio.gather(*(attempt() for _ in range(2000))))
        assert statuses == {201: 100, 409: 1900}
        # A refusal is stored after nothing was found free, so no booking may begin after the first of them.
        assert await database.rows(
            """
            SELECT min(created_at) FILTER (WHERE status = 409) > max(created_at) FILTER (WHERE status = 201)
            FROM idempotency_keys
            """
        ) == [(True,)]
        assert await database.rows(OVERLAPS) == [(0,)]


class TestIdempotency:
    async def test_fifty_at_once_with_one_key_are_one_booking(
        self, driver: Driver, lot: LotCopy, database: Database
    ) -> None:
        answers = await asyncio.gather(*(driver.reserve(spot_request(lot), "one") for _ in range(50)))
        again = await driver.reserve(spot_request(lot), "one")
        assert {answer.status_code for answer in answers} <= {201, 409}
        assert {answer.content for answer in answers if answer.status_code == 201} == {again.content}
        in_flight = [answer.json()["type"] for answer in answers if answer.status_code == 409]
        assert set(in_flight) <= {"/problems/request-in-flight"}
        assert (again.status_code, again.headers["idempotent-replayed"]) == (201, "true")
        assert await database.rows("SELECT count(*) FROM reservations") == [(1,)]
        assert await database.published() == [("reservation.created", 1)]

    async def test_the_first_answer_says_nothing_of_a_repeat(self, driver: Driver, lot: LotCopy) -> None:
        assert "idempotent-replayed" not in (await driver.reserve(spot_request(lot))).headers

    async def test_a_key_that_is_being_worked_on(
        self, driver: Driver, lot: LotCopy, service: Reservation, database: Database
    ) -> None:
        """A booking waits for another's unfinished one; its repeat gets that answer at once."""
        ((spot_id,),) = await database.rows("SELECT id FROM spots LIMIT 1")
        body = spot_request(lot, spot_id=spot_id)
        async with service.engine.connect() as other:
            await other.execute(
                text(
                    "INSERT INTO allocations (id, parking_lot_id, spot_id, during, block_id) VALUES "
                    "(gen_random_uuid(), :lot, :spot, tstzrange(:start, :end), gen_random_uuid())"
                ),
                {"lot": lot.id, "spot": spot_id, "start": TOMORROW, "end": TOMORROW + timedelta(hours=1)},
            )
            first = asyncio.create_task(driver.reserve(body, "one"))
            await wait_until(lambda: database.rows("SELECT 1 FROM pg_locks WHERE NOT granted"), "a booking that waits")
            second = await driver.reserve(body, "one")
            await other.rollback()
        assert (second.status_code, second.json()["type"]) == (409, "/problems/request-in-flight")
        assert second.headers["retry-after"] == "1"
        assert (await first).status_code == 201
        assert (await driver.reserve(body, "one")).content == (await first).content

    async def test_a_refusal_is_repeated_too(self, driver: Driver, make_lot: MakeLot, database: Database) -> None:
        lot = await make_lot(["standard"])
        held = await driver.holds(lot)
        refused = await driver.reserve(spot_request(lot), "two words")
        assert (await driver.cancel(held)).status_code == 200
        again = await driver.reserve(spot_request(lot), "two words")
        assert (again.status_code, again.content) == (409, refused.content)
        assert again.headers["idempotent-replayed"] == "true"
        assert again.headers["content-type"] == "application/problem+json"
        assert (await driver.reserve(spot_request(lot), "three")).status_code == 201

    async def test_the_answer_outlives_the_time_and_the_lot(
        self, driver: Driver, lot: LotCopy, database: Database
    ) -> None:
        body = spot_request(lot)
        first = await driver.reserve(body, "one")
        await database.rows("UPDATE lots SET is_open = false")
        assert (await driver.reserve(body, "one")).content == first.content
        past = spot_request(lot, start=TOMORROW - timedelta(days=2))
        assert (await driver.reserve(past)).status_code == 422
        (fingerprint,) = await database.rows("SELECT fingerprint FROM idempotency_keys WHERE key = 'one'")
        assert len(fingerprint[0]) == 32

    async def test_the_stored_answer_is_sealed(self, driver: Driver, lot: LotCopy, database: Database) -> None:
        """It holds the token that the charge is paid by, and the driver's plate."""
        first = await driver.reserve(spot_request(lot, vehicle_plate="ZH 1"), "one")
        ((stored,),) = await database.rows("SELECT body FROM idempotency_keys")
        assert first.json()["charge"]["token"].encode() in first.content
        assert stored.startswith(SEALED)
        assert not [each for each in (b"eyJ", b"ZH 1", b"pending") if each in stored]

    async def test_an_answer_from_before_they_were_sealed_is_still_given(
        self, driver: Driver, lot: LotCopy, database: Database
    ) -> None:
        first = await driver.reserve(spot_request(lot), "one")
        await database.rows("UPDATE idempotency_keys SET body = :plain", plain=first.content)
        again = await driver.reserve(spot_request(lot), "one")
        assert (again.status_code, again.content, again.headers["idempotent-replayed"]) == (201, first.content, "true")

    async def test_another_body_is_refused(self, driver: Driver, lot: LotCopy) -> None:
        await driver.reserve(spot_request(lot), "one")
        other = await driver.reserve(spot_request(lot, hours=4), "one")
        assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")
        assert other.json()["errors"][0]["pointer"] == "header/Idempotency-Key"

    async def test_the_same_request_written_otherwise_is_the_same(self, driver: Driver, lot: LotCopy) -> None:
        first = await driver.reserve(spot_request(lot), "one")
        again = await driver.reserve({**spot_request(lot), "spot_type": None}, "one")
        assert again.content == first.content

    @pytest.mark.parametrize("key", [None, "", "k" * 256])
    async def test_a_key_is_required(self, driver: Driver, lot: LotCopy, key: str | None) -> None:
        headers = driver.headers if key is None else {**driver.headers, "Idempotency-Key": key}
        answer = await driver.client.post("/api/v1/reservations", json=spot_request(lot), headers=headers)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "header/Idempotency-Key"

    async def test_two_drivers_keys_do_not_meet(
        self, client: httpx.AsyncClient, lot: LotCopy, signed_in: SignIn
    ) -> None:
        answers = [await Driver(client, signed_in()).reserve(spot_request(lot), "one") for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 201]
        assert answers[0].json()["id"] != answers[1].json()["id"]

    async def test_what_was_invalid_leaves_its_key_free(self, driver: Driver, lot: LotCopy, database: Database) -> None:
        unknown = {**spot_request(lot), "parking_lot_id": str(uuid4())}
        assert (await driver.reserve(unknown, "one")).status_code == 404
        assert (await driver.reserve(spot_request(lot), "one")).status_code == 201
