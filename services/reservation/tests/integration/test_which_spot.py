"""Which spot a driver gets who names none, what the answer says about it, and what is not here yet."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from services.reservation.tests.conftest import MakeLot
from services.reservation.tests.driving import Database, Driver, spot_request
from services.reservation.tests.examples import lot_copy, spot_copy

from parking_chassis.ids import new_id
from reservation_service.application.ports import LotCopy
from reservation_service.bootstrap import Reservation

QUOTES = "/api/v1/quotes"


class TestAnySpot:
    async def test_standard_comes_first_and_compact_last_and_said(self, driver: Driver, make_lot: MakeLot) -> None:
        lot = await make_lot(["compact"] * 20 + ["standard"] * 2)
        got = [await driver.holds(lot) for _ in range(3)]
        assert [each["spot_type"] for each in got] == ["standard", "standard", "compact"]
        assert [each["notice"] for each in got[:2]] == [None, None]
        assert "compact" in got[2]["notice"]

    async def test_nothing_is_said_of_a_compact_spot_that_was_asked_for(
        self, driver: Driver, make_lot: MakeLot
    ) -> None:
        assert (await driver.holds(await make_lot(["compact"]), spot_type="compact"))["notice"] is None

    async def test_other_types_are_never_given_unasked_but_shown_among_the_alternatives(
        self, driver: Driver, make_lot: MakeLot
    ) -> None:
        lot = await make_lot(["standard", "ev_charging", "accessible", "motorcycle"], name="Am See")
        await driver.holds(lot)
        refused = (await driver.reserve(spot_request(lot))).json()
        assert refused["type"] == "/problems/spot-unavailable"
        shown = [(each["lot_name"], each["spot_number"], each["spot_type"]) for each in refused["alternatives"]]
        assert {("Am See", "2", "ev_charging"), ("Am See", "3", "accessible"), ("Am See", "4", "motorcycle")} <= {
            *shown
        }
        notices = {each["spot_type"]: each["notice"] for each in refused["alternatives"]}
        assert "permit" in notices.pop("accessible"), "an alternative says what a booking of it would say"
        assert {*notices.values()} == {None}
        entries = [(each["spot_id"], each["start_time"], each["end_time"]) for each in refused["alternatives"]]
        assert len(set(entries)) == len(entries), "no entry comes twice"

    async def test_an_accessible_spot_needs_a_permit_and_both_answers_say_so(
        self, driver: Driver, make_lot: MakeLot
    ) -> None:
        lot = await make_lot(["accessible"])
        quote = await driver.client.post(QUOTES, json=spot_request(lot, spot_type="accessible"))
        assert "permit" in " ".join(quote.json()["notes"])
        assert "permit" in (await driver.holds(lot, spot_type="accessible"))["notice"]

    @pytest.mark.parametrize("spot_type", [None, "compact"])
    async def test_taken_is_not_said_of_a_lot_without_spots_of_that_type(
        self, driver: Driver, make_lot: MakeLot, database: Database, spot_type: str | None
    ) -> None:
        lot = await make_lot(["accessible"])
        refused = await driver.reserve(spot_request(lot, spot_type=spot_type), "one")
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/no-such-spots")
        assert lot.name in refused.json()["detail"]
        assert [each["spot_type"] for each in refused.json()["alternatives"]] == ["accessible"]
        assert await database.rows("SELECT count(*) FROM idempotency_keys") == [(0,)]


class TestNotYet:
    async def test_a_lot_made_a_moment_ago_is_not_ready_and_its_key_stays_free(
        self, driver: Driver, make_lot: MakeLot, service: Reservation
    ) -> None:
        lot_id = new_id()
        body = spot_request(lot_copy(None, id=lot_id))
        answers = [await driver.reserve(body, "one"), await driver.client.post(QUOTES, json=body)]
        await make_lot([], id=lot_id)
        answers.append(await driver.reserve(body, "one"))
        for answer in answers:
            assert (answer.status_code, answer.json()["type"]) == (409, "/problems/lot-not-ready")
            assert answer.headers["retry-after"] == "1"
        async with service.engine.begin() as connection, service.work_on(connection) as work:
            await work.copies.keep_spots([spot_copy(lot_id, "1")])
        assert (await driver.reserve(body, "one")).status_code == 201

    async def test_a_lot_whose_prices_are_on_their_way(self, driver: Driver, make_lot: MakeLot) -> None:
        lot = await make_lot(id=new_id(), tariff_id=uuid4())
        answer = await driver.reserve(spot_request(lot))
        assert (answer.json()["type"], answer.headers["retry-after"]) == ("/problems/lot-not-ready", "1")

    async def test_a_spot_made_a_moment_ago(self, driver: Driver, lot: LotCopy, service: Reservation) -> None:
        spot = spot_copy(lot.id, "9")
        body = spot_request(lot, spot_id=(spot_id := new_id()))
        early = await driver.reserve(body, "one")
        assert (early.status_code, early.json()["type"]) == (409, "/problems/spot-not-ready")
        assert early.headers["retry-after"] == "1"
        async with service.engine.begin() as connection, service.work_on(connection) as work:
            await work.copies.keep_spots([type(spot)(spot_id, lot.id, "9", "standard", in_service=True, version=1)])
        booked = await driver.reserve(body, "one")
        assert (booked.status_code, booked.json()["spot_number"]) == (201, "9")

    @pytest.mark.parametrize("never", [uuid4(), new_id(datetime.now(UTC) - timedelta(hours=1))])
    async def test_what_is_no_ids_of_now_was_never_made(self, driver: Driver, lot: LotCopy, never: UUID) -> None:
        for body in (spot_request(lot, spot_id=never), spot_request(lot_copy(None, id=never))):
            answer = await driver.reserve(body)
            assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
