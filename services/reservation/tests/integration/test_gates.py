"""The QR code, and what the gates make of it."""

import asyncio
import io
from argparse import Namespace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
import zxingcpp
from PIL import Image
from services.reservation.tests.conftest import MakeLot, SignIn
from services.reservation.tests.driving import TOMORROW, Database, Driver, Gate, Json
from services.reservation.tests.examples import hourly, lot_copy

from parking_chassis.ids import new_id
from parking_platform.testing.waiting import wait_until
from reservation_service.application.ports import LotCopy
from reservation_service.bootstrap import Reservation
from reservation_service.entrypoints.cli import list_unsettled_stays


async def credential(driver: Driver, reservation: Json) -> str:
    """The text of the QR code, as a camera reads it."""
    answer = await driver.get(f"/{reservation['id']}/qr", Accept="image/png")
    assert answer.status_code == 200, answer.text
    with Image.open(io.BytesIO(answer.content)) as image:
        code = zxingcpp.read_barcode(image.convert("L"), formats=zxingcpp.barcode_formats_from_str("QRCode"))
    assert code is not None
    return code.text


@pytest_asyncio.fixture
async def paid(driver: Driver, lot: LotCopy, database: Database) -> Json:
    """A paid reservation, for a quarter of an hour from now."""
    held = await driver.holds(lot)
    await database.settle(held)
    await database.shift(held, datetime.now(UTC) + timedelta(minutes=14) - TOMORROW)
    return held


@pytest.fixture
def gate(client: httpx.AsyncClient, signed_in: SignIn, lot: LotCopy) -> Gate:
    """The lot's gate, which is a machine and no user."""
    return Gate(client, signed_in(scope="operate:gate", subject="gate-1", organizations=(lot.organization_id,)), lot)


class TestTheCode:
    async def test_it_can_be_read_and_is_accepted(self, driver: Driver, paid: Json, gate: Gate) -> None:
        text = await credential(driver, paid)
        assert text.count(".") == 2
        assert (await gate.enter(text)).json()["decision"] == "open"

    @pytest.mark.parametrize(
        ("accept", "media_type"),
        [
            ("image/png", "image/png"),
            ("image/svg+xml", "image/svg+xml"),
            ("*/*", "image/svg+xml"),
            ("image/avif,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5", "image/svg+xml"),
            ("image/png, image/svg+xml;q=0.5", "image/png"),
            ("image/svg+xml;q=0, image/*", "image/png"),
        ],
    )
    async def test_its_form_is_the_clients_choice(
        self, driver: Driver, paid: Json, accept: str, media_type: str
    ) -> None:
        answer = await driver.get(f"/{paid['id']}/qr", Accept=accept)
        assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
        assert answer.headers["cache-control"] == "private, no-store"
        assert (b"<svg" in answer.content) is (media_type == "image/svg+xml")

    async def test_there_is_no_other_form(self, driver: Driver, paid: Json) -> None:
        answer = await driver.get(f"/{paid['id']}/qr", Accept="application/pdf")
        assert (answer.status_code, answer.json()["type"]) == (406, "/problems/not-acceptable")

    async def test_before_it_is_paid_there_is_none(self, driver: Driver, lot: LotCopy) -> None:
        held = await driver.holds(lot)
        answer = await driver.get(f"/{held['id']}/qr")
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/no-credential")

    async def test_it_is_its_drivers_alone(
        self, client: httpx.AsyncClient, paid: Json, signed_in: SignIn, gate: Gate
    ) -> None:
        assert (await Driver(client, signed_in()).get(f"/{paid['id']}/qr")).status_code == 404
        assert (await Driver(client, gate.headers).get(f"/{paid['id']}/qr")).status_code == 403


class TestIn:
    async def test_once(self, driver: Driver, paid: Json, gate: Gate) -> None:
        token = await credential(driver, paid)
        first, second = await gate.enter(token), await gate.enter(token)
        assert first.json()["decision"] == "open"
        assert (second.json()["decision"], second.json()["reason"]) == ("deny", "already_in")
        assert second.json()["parking_session_id"] == first.json()["parking_session_id"]
        seen = await driver.sees(paid)
        assert (seen["status"], seen["parking_session"]["id"]) == ("active", first.json()["parking_session_id"])

    async def test_too_early_and_not_earlier_by_a_clock_that_runs_ahead(
        self, driver: Driver, paid: Json, gate: Gate, database: Database
    ) -> None:
        token = await credential(driver, paid)
        await database.shift(paid, timedelta(minutes=10))
        assert (await gate.enter(token)).json()["reason"] == "too_early"
        ahead = datetime.now(UTC) + timedelta(hours=1)
        answer = await gate.enter(token, ahead)
        assert (answer.status_code, answer.json()["errors"]) == (
            422,
            [{"pointer": "/at", "detail": "must not be in the future"}],
        )

    async def test_after_the_end_unless_it_happened_before(
        self, driver: Driver, paid: Json, gate: Gate, database: Database
    ) -> None:
        token = await credential(driver, paid)
        await database.shift(paid, timedelta(hours=-4))
        assert (await gate.enter(token)).json()["reason"] == "too_late"
        reported_late = datetime.now(UTC) - timedelta(hours=2)
        assert (await gate.enter(token, reported_late)).json()["decision"] == "open"
        assert (await driver.sees(paid))["parking_session"]["entered_at"] == reported_late.isoformat().replace(
            "+00:00", "Z"
        )

    @pytest.mark.parametrize(
        ("status", "reason"),
        [
            ("pending", "unpaid"),
            ("cancelled", "cancelled"),
            ("expired", "expired"),
            ("completed", "already_out"),
        ],
    )
    async def test_states_that_open_no_gate(
        self, driver: Driver, paid: Json, gate: Gate, database: Database, status: str, reason: str
    ) -> None:
        token = await credential(driver, paid)
        await database.rows("UPDATE reservations SET status = :status", status=status)
        answer = (await gate.enter(token)).json()
        assert answer["message"]
        expected = {"decision": "deny", "reason": reason, "parking_session_id": None, "amount_due": None}
        assert answer.items() >= expected.items()

    async def test_what_was_not_issued_for_gates(self, driver: Driver, paid: Json, gate: Gate) -> None:
        token = await credential(driver, paid)
        head, body, signature = token.split(".")
        altered = f"{head}.{body}.{signature[:40]}{'A' if signature[40] != 'A' else 'B'}{signature[41:]}"
        for forged in (paid["charge"]["token"], altered, "x", f"{head}.{body}."):
            assert (await gate.enter(forged)).json()["reason"] == "invalid_credential"
            assert (await gate.leave(forged)).json()["reason"] == "invalid_credential"

    async def test_another_lot_of_the_same_operator(
        self, driver: Driver, paid: Json, gate: Gate, make_lot: MakeLot, lot: LotCopy
    ) -> None:
        other = await make_lot(organization_id=lot.organization_id)
        elsewhere = Gate(gate.client, gate.headers, other)
        assert (await elsewhere.enter(await credential(driver, paid))).json()["reason"] == "wrong_lot"

    async def test_another_operators_lot(self, driver: Driver, paid: Json, gate: Gate, make_lot: MakeLot) -> None:
        foreign = Gate(gate.client, gate.headers, await make_lot())
        token = await credential(driver, paid)
        assert [(await foreign.enter(token)).status_code, (await foreign.leave(token)).status_code] == [404, 404]

    async def test_an_admin_works_every_gate_and_a_driver_none(
        self, driver: Driver, paid: Json, lot: LotCopy, signed_in: SignIn
    ) -> None:
        token = await credential(driver, paid)
        assert (await Gate(driver.client, driver.headers, lot).enter(token)).status_code == 403
        assert (await Gate(driver.client, signed_in(scope="*"), lot).enter(token)).json()["decision"] == "open"


class TestOut:
    async def test_in_time(self, driver: Driver, paid: Json, gate: Gate, database: Database) -> None:
        token = await credential(driver, paid)
        stay = (await gate.enter(token)).json()["parking_session_id"]
        assert (await gate.leave(token)).json() == {
            "decision": "open",
            "reason": "ok",
            "message": "Goodbye.",
            "spot_number": paid["spot_number"],
            "vehicle_plate": None,
            "opens_at": None,
            "parking_session_id": stay,
            "amount_due": {"amount": 0, "currency": "CHF"},
            "due_for": [],
        }
        assert (await gate.leave(token)).json()["reason"] == "already_out"
        assert await database.rows("SELECT * FROM allocations") == []
        assert [event for event, _ in await database.published()] == [
            "reservation.created",
            "reservation.confirmed",
            "reservation.checked_in",
            "reservation.completed",
        ]

    async def test_nobody_is_let_out_who_cannot_be_in(
        self, driver: Driver, paid: Json, gate: Gate, database: Database
    ) -> None:
        token = await credential(driver, paid)
        await database.shift(paid, timedelta(minutes=10))
        answer = (await gate.leave(token)).json()
        assert (answer["decision"], answer["reason"]) == ("deny", "not_in")

    async def test_overstay_by_the_bookings_own_tariff(
        self, driver: Driver, paid: Json, gate: Gate, database: Database, service: Reservation, lot: LotCopy
    ) -> None:
        token, dear = await credential(driver, paid), hourly(10_000)
        await gate.enter(token)
        async with service.engine.begin() as connection, service.work_on(connection) as work:
            await work.copies.keep_tariff(dear)
        await database.rows("UPDATE lots SET tariff_id = :tariff", tariff=dear.id)
        await database.shift(paid, timedelta(hours=-4, minutes=-16))  # so it ended an hour and some minutes ago
        out = (await gate.leave(token)).json()
        assert (out["decision"], out["amount_due"]) == ("open", {"amount": 400, "currency": "CHF"})
        assert (out["due_for"], out["message"]) == (
            ["overstay"],
            "Goodbye. To pay: 4.00 CHF for staying longer than booked.",
        )
        seen = await driver.sees(paid)
        assert (seen["status"], seen["charge"]["amount"]["amount"]) == ("completed", 400)
        assert seen["total_cost"]["amount"] == sum(item["amount"] for item in seen["line_items"]) == 1000
        await database.settle(seen)
        assert (await driver.sees(paid))["charge"] is None
        assert [version for _, version in await database.published()] == [1, 2, 3, 4, 5, 6]


class TestReportsAreFacts:
    async def test_a_driver_whose_answer_was_lost_is_not_locked_out(
        self, driver: Driver, paid: Json, gate: Gate
    ) -> None:
        token, at = await credential(driver, paid), datetime.now(UTC)
        for more in ({"key": "1"}, {"gate_id": "north"}):
            when = None if "key" in more else at
            first, again = await gate.enter(token, when, **more), await gate.enter(token, when, **more)
            assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
            assert "idempotent-replayed" not in first.headers
        assert (await gate.leave(token, at, gate_id="south")).json()["decision"] == "open"
        assert (await gate.leave(token, at, gate_id="south")).json()["decision"] == "open"

    async def test_a_key_is_for_one_report(self, driver: Driver, paid: Json, gate: Gate) -> None:
        token = await credential(driver, paid)
        assert (await gate.enter(token, key="1")).json()["decision"] == "open"
        other = await gate.enter(token, key="1", gate_id="south")
        assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")
        assert (await gate.leave(token, key="1")).json()["decision"] == "open", "the exit is another route"

    async def test_many_at_once_are_one_entry(self, driver: Driver, paid: Json, gate: Gate, database: Database) -> None:
        token, at = await credential(driver, paid), datetime.now(UTC)

        async def answer() -> bytes | None:
            """None while another with the same report is worked on; then it is to be sent again."""
            sent = await gate.enter(token, at)
            if sent.status_code == 409:
                assert (sent.json()["type"], sent.headers["retry-after"]) == ("/problems/request-in-flight", "1")
                return None
            return sent.content

        answers = await asyncio.gather(*(wait_until(answer, "an answer") for _ in range(8)))
        assert len(set(answers)) == 1
        assert [event for event, _ in await database.published()].count("reservation.checked_in") == 1

    async def test_an_exit_before_its_entry_is_kept_and_joined(
        self, driver: Driver, paid: Json, gate: Gate, database: Database
    ) -> None:
        token = await credential(driver, paid)
        await database.shift(paid, timedelta(hours=-2))
        entered_at, exited_at = datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC) - timedelta(minutes=20)
        early = (await gate.leave(token, exited_at)).json()
        assert (early["decision"], early["reason"]) == ("open", "exit_kept")
        assert "Your entry has not been reported yet" in early["message"]
        assert (await driver.sees(paid))["status"] == "confirmed"
        assert (await gate.enter(token, entered_at)).json()["decision"] == "open"
        seen = await driver.sees(paid)
        stay = {name: datetime.fromisoformat(seen["parking_session"][name]) for name in ("entered_at", "exited_at")}
        assert (seen["status"], stay) == ("completed", {"entered_at": entered_at, "exited_at": exited_at})
        assert (
            await database.rows(
                "SELECT reservation_id FROM allocations UNION ALL SELECT reservation_id FROM early_exits"
            )
            == []
        )

    async def test_a_report_is_at_most_a_day_old(self, driver: Driver, paid: Json, gate: Gate) -> None:
        token, day_ago = await credential(driver, paid), datetime.now(UTC) - timedelta(hours=24)
        answer = await gate.enter(token, day_ago - timedelta(seconds=1))
        assert (answer.status_code, answer.json()["errors"]) == (
            422,
            [{"pointer": "/at", "detail": "must be at most 24 hours ago"}],
        )
        assert (await gate.enter(token, day_ago + timedelta(seconds=10))).json()["reason"] == "too_early"


class TestCancelledUnderTheCar:
    async def test_its_exit_opens_before_its_entry_is_reported_and_both_are_the_operators(
        self, driver: Driver, paid: Json, gate: Gate, service: Reservation, capsys: pytest.CaptureFixture[str]
    ) -> None:
        token, entered_at = await credential(driver, paid), datetime.now(UTC)
        assert (await driver.cancel(paid)).status_code == 200
        left = (await gate.leave(token)).json()
        assert (left["decision"], left["reason"]) == ("open", "exit_kept")
        assert left["message"] == "Goodbye. This reservation was cancelled; the operator settles the stay."
        entered = (await gate.enter(token, entered_at)).json()
        assert (entered["decision"], entered["reason"]) == ("open", "entry_kept")
        assert await list_unsettled_stays(service, Namespace(close=None, limit=10)) == 1
        stay = f"{paid['id']} in lot {paid['parking_lot_id']}: {entered_at:%Y-%m-%d %H:%M} to 2"
        assert stay in capsys.readouterr().out

    async def test_a_stay_that_a_gate_without_a_network_let_in_is_the_operators_to_settle(
        self, driver: Driver, paid: Json, gate: Gate, service: Reservation, capsys: pytest.CaptureFixture[str]
    ) -> None:
        token, entered_at = await credential(driver, paid), datetime.now(UTC)
        assert (await driver.cancel(paid)).status_code == 200
        assert (await gate.enter(token)).json()["reason"] == "cancelled", "by a gate that asks"
        entered = (await gate.enter(token, entered_at)).json()
        assert (entered["decision"], entered["reason"]) == ("open", "entry_kept")
        left = (await gate.leave(token)).json()
        assert (left["decision"], left["reason"]) == ("open", "exit_kept")
        assert await list_unsettled_stays(service, Namespace(close=None, limit=10)) == 1
        stay = f"{paid['id']} in lot {paid['parking_lot_id']}: {entered_at:%Y-%m-%d %H:%M} to "
        assert stay in capsys.readouterr().out
        assert await list_unsettled_stays(service, Namespace(close=UUID(paid["id"]), limit=10)) == 0
        assert await list_unsettled_stays(service, Namespace(close=UUID(paid["id"]), limit=10)) == 1, "closed already"


class TestWhatADisplayNeeds:
    async def test_where_to_park_and_whose_car_it_is(
        self, driver: Driver, lot: LotCopy, gate: Gate, database: Database
    ) -> None:
        held = await driver.holds(lot, vehicle_plate="ZH 1234")
        await database.settle(held)
        await database.shift(held, datetime.now(UTC) + timedelta(minutes=30) - TOMORROW)
        token, starts_at = await credential(driver, held), (await driver.sees(held))["start_time"]
        early = (await gate.enter(token)).json()
        assert datetime.fromisoformat(early["opens_at"]) == datetime.fromisoformat(starts_at) - timedelta(minutes=15)
        await database.shift(held, timedelta(minutes=-16))
        entered = (await gate.enter(token)).json()
        assert (entered["spot_number"], entered["vehicle_plate"]) == (held["spot_number"], "ZH 1234")
        assert entered["message"] == f"Welcome. Your spot is {held['spot_number']}."
        assert entered["opens_at"] is None

    async def test_another_lots_gate_learns_nothing(
        self, driver: Driver, paid: Json, gate: Gate, make_lot: MakeLot, lot: LotCopy
    ) -> None:
        elsewhere = Gate(gate.client, gate.headers, await make_lot(organization_id=lot.organization_id))
        answer = (await elsewhere.enter(await credential(driver, paid))).json()
        assert {name for name, value in answer.items() if value} == {"decision", "reason", "message"}


async def test_a_lot_made_a_moment_ago_is_not_ready(gate: Gate) -> None:
    young = Gate(gate.client, gate.headers, lot_copy(None, id=new_id()))
    listed = await gate.client.get(
        "/api/v1/gates/list", params={"parking_lot_id": str(young.lot.id)}, headers=gate.headers
    )
    for answer in (await young.enter("x"), await young.leave("x"), listed):
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/lot-not-ready")
        assert answer.headers["retry-after"] == "1"
    document = (await gate.client.get("/openapi.json")).json()
    for path, method in (("check-in", "post"), ("check-out", "post"), ("list", "get")):
        assert "Not known yet" in str(document["paths"][f"/api/v1/gates/{path}"][method]["responses"]["409"]), path


async def test_bad_readings_are_named(gate: Gate) -> None:
    for body, pointer in (
        ({"token": "x"}, "/parking_lot_id"),
        ({"token": "", "parking_lot_id": str(uuid4())}, "/token"),
        ({"token": "x", "parking_lot_id": str(uuid4()), "at": "2026-01-01T00:00:00"}, "/at"),
        ({"token": "x", "parking_lot_id": str(uuid4()), "at": 1}, "/at"),
        ({"token": "x", "parking_lot_id": str(uuid4()), "gate_id": ""}, "/gate_id"),
        ({"token": "x", "parking_lot_id": str(uuid4()), "gate_id": "n" * 65}, "/gate_id"),
        ({"token": "x", "parking_lot_id": str(uuid4()), "gate_id": "north\nsouth"}, "/gate_id"),
        ({"token": "x", "parking_lot_id": str(uuid4()), "gate_id": "-"}, "/gate_id"),
        ({"token": "x", "parking_lot_id": str(uuid4()), "at": "9999-12-31T23:59:59-12:00"}, "/at"),
    ):
        answer = await gate.client.post("/api/v1/gates/check-in", json=body, headers=gate.headers)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
