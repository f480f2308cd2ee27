"""An operator cancels a driver's booking over HTTP: who may, in which states, and what notification learns of it."""

from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from services.reservation.tests.conftest import SignIn, also_serving, settings_for
from services.reservation.tests.driving import RESERVATIONS, Database, Driver, Json

from reservation_service.application.ports import LotCopy
from reservation_service.bootstrap import Reservation
from reservation_service.entrypoints.cli import show_operator_cancellation
from reservation_service.entrypoints.http.app import reservation_app

REASON = "The level is flooded. We are sorry."
TOKENS = ["the new token of notification which is long enough", "the old token of notification which is long enough"]


@dataclass(frozen=True)
class Operator:
    """Somebody at the desk of a lot."""

    client: httpx.AsyncClient
    headers: dict[str, str]

    async def cancel(
        self, reservation: Json, *, key: str | None = None, reason: object = REASON, refund: object = "full"
    ) -> httpx.Response:
        headers = {**self.headers, **({"Idempotency-Key": key} if key else {})}
        body = {name: value for name, value in (("reason", reason), ("refund", refund)) if value is not None}
        path = f"{RESERVATIONS}/{reservation['id']}/operator-cancel"
        return await self.client.post(path, json=body, headers=headers)


@pytest.fixture
def operator_id() -> UUID:
    return uuid4()


@pytest.fixture
def operator(client: httpx.AsyncClient, signed_in: SignIn, lot: LotCopy, operator_id: UUID) -> Operator:
    headers = signed_in(user_id=operator_id, scope="write:parking", organizations=(lot.organization_id,))
    return Operator(client, headers)


async def paid(driver: Driver, lot: LotCopy, database: Database) -> Json:
    held = await driver.holds(lot)
    await database.settle(held)
    return held


@pytest.mark.parametrize(("refund", "back"), [("full", 600), ("by_terms", 300), ("none", 0)])
async def test_a_confirmed_booking_is_cancelled_and_refunded_as_the_operator_says(
    driver: Driver, operator: Operator, operator_id: UUID, lot: LotCopy, database: Database, refund: str, back: int
) -> None:
    booking = await paid(driver, lot, database)
    await database.rows(
        "UPDATE reservations SET starts_at = now() + interval '30 minutes', ends_at = now() + interval '3 hours'"
    )
    answer = await operator.cancel(booking, reason=f" {REASON} ", refund=refund)
    seen = answer.json()
    assert (answer.status_code, seen["status"], seen["refund_due"]["amount"]) == (200, "cancelled", back)
    assert answer.headers["ETag"] == f'"{seen["version"]}"'
    assert await driver.sees(booking) == seen
    assert await database.rows("SELECT * FROM allocations") == []
    assert await database.rows("SELECT reservation_id, cancelled_by, reason, refund FROM operator_cancellations") == [
        (UUID(booking["id"]), operator_id, REASON, refund)
    ]
    ((reason, text_is_in_it),) = await database.rows(
        "SELECT convert_from(payload, 'UTF8')::jsonb ->> 'reason', convert_from(payload, 'UTF8') LIKE '%flooded%'"
        " FROM outbox WHERE type = 'parking.reservation.cancelled.v1'"
    )
    assert (reason, text_is_in_it) == ("operator", False)


async def test_a_command_shows_who_cancelled_when_with_which_reason_and_refund(
    driver: Driver,
    operator: Operator,
    operator_id: UUID,
    lot: LotCopy,
    database: Database,
    service: Reservation,
    capsys: pytest.CaptureFixture[str],
) -> None:
    booking = await paid(driver, lot, database)
    asked = Namespace(reservation=UUID(booking["id"]))
    assert await show_operator_cancellation(service, asked) == 1
    assert capsys.readouterr().err == f"reservation-service: no operator cancelled reservation {booking['id']}\n"
    assert (await operator.cancel(booking, refund="by_terms")).status_code == 200
    capsys.readouterr()
    assert await show_operator_cancellation(service, asked) == 0
    ((at,),) = await database.rows("SELECT cancelled_at FROM operator_cancellations")
    shown = f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC by user {operator_id}, refund by_terms: {REASON}\n"
    assert capsys.readouterr().out == shown


async def test_of_a_pending_one_the_charge_is_void_which_withdraws_the_payment(
    driver: Driver, operator: Operator, lot: LotCopy, database: Database
) -> None:
    held = await driver.holds(lot)
    assert (await operator.cancel(held)).json()["status"] == "cancelled"
    ((charge,),) = await database.rows(
        "SELECT convert_from(payload, 'UTF8')::jsonb -> 'charges' -> 0 ->> 'status' FROM outbox WHERE version = 2"
    )
    assert charge == "void"
    assert (await driver.sees(held))["charge"] is None


@pytest.mark.parametrize("status", ["active", "completed", "expired", "cancelled", "no_show"])
async def test_states_that_refuse(
    driver: Driver, operator: Operator, lot: LotCopy, database: Database, status: str
) -> None:
    held = await driver.holds(lot)
    await database.rows("UPDATE reservations SET status = :status", status=status)
    answer = await operator.cancel(held)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/not-cancellable")
    assert status in answer.json()["detail"]
    assert await database.rows("SELECT * FROM operator_cancellations") == []


class TestWhoMay:
    async def test_only_an_operator_of_the_lot(
        self, client: httpx.AsyncClient, driver: Driver, signed_in: SignIn, lot: LotCopy, database: Database
    ) -> None:
        booking = await paid(driver, lot, database)
        own = (lot.organization_id,)
        refused = {
            "its driver": (driver.headers, 403),
            "an operator of another lot": (signed_in(scope="write:parking", organizations=(uuid4(),)), 404),
            "an operator of none": (signed_in(scope="write:parking"), 404),
            "who may only look at it": (signed_in(scope="read:reservation operate:gate", organizations=own), 403),
            "a machine of its own": (signed_in(subject="robot", scope="write:parking", organizations=own), 403),
            "nobody": ({}, 401),
        }
        for who, (headers, status) in refused.items():
            assert (await Operator(client, headers).cancel(booking)).status_code == status, who
        assert (await driver.sees(booking))["status"] == "confirmed"
        assert await database.rows("SELECT * FROM operator_cancellations") == []
        administrator = Operator(client, signed_in(scope="*"))
        assert (await administrator.cancel(booking)).status_code == 200

    async def test_an_unknown_reservation_is_as_a_foreign_one(
        self, driver: Driver, client: httpx.AsyncClient, signed_in: SignIn, lot: LotCopy
    ) -> None:
        stranger = Operator(client, signed_in(scope="write:parking", organizations=(uuid4(),)))
        held = await driver.holds(lot)
        answers = [await stranger.cancel(each) for each in (held, {"id": str(uuid4())})]
        assert [(answer.status_code, answer.json()["type"]) for answer in answers] == [(404, "/problems/not-found")] * 2


class TestAgain:
    async def test_the_same_key_gets_the_first_answer(
        self, driver: Driver, operator: Operator, lot: LotCopy, database: Database
    ) -> None:
        booking = await paid(driver, lot, database)
        first, second = [await operator.cancel(booking, key="k-1") for _ in range(2)]
        assert (first.content, first.headers["ETag"]) == (second.content, second.headers["ETag"])
        assert (first.headers.get("Idempotent-Replayed"), second.headers["Idempotent-Replayed"]) == (None, "true")
        reused = await operator.cancel(booking, key="k-1", refund="none")
        assert (reused.status_code, reused.json()["type"]) == (422, "/problems/idempotency-key-reused")

    async def test_without_a_key_the_same_changes_nothing_and_anything_else_is_refused(
        self, driver: Driver, operator: Operator, lot: LotCopy, database: Database
    ) -> None:
        booking = await paid(driver, lot, database)
        first, second = [await operator.cancel(booking) for _ in range(2)]
        assert (first.status_code, first.json()) == (second.status_code, second.json())
        assert (await operator.cancel(booking, refund="none")).status_code == 409
        assert [event for event, _ in await database.published()].count("reservation.cancelled") == 1


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"reason": ""}, "/reason"),
        ({"reason": "   "}, "/reason"),
        ({"reason": "x" * 501}, "/reason"),
        ({"reason": "Flooded.\r\nBcc: eve@example.com"}, "/reason"),
        ({"reason": "Flooded\x1b[2J"}, "/reason"),
        ({"reason": None}, "/reason"),
        ({"refund": None}, "/refund"),
        ({"refund": "half"}, "/refund"),
    ],
)
async def test_what_is_no_reason_or_refund_is_named(
    driver: Driver, operator: Operator, lot: LotCopy, said: dict[str, Any], pointer: str
) -> None:
    answer = await operator.cancel(await driver.holds(lot), **said)
    assert (answer.status_code, [each["pointer"] for each in answer.json()["errors"]]) == (422, [pointer])


class TestWhatNotificationAsks:
    @staticmethod
    def path(reservation: Json) -> str:
        return f"/internal/reservations/{reservation['id']}/operator-reason"

    async def test_it_gets_the_operators_words_by_the_old_and_the_new_token(
        self, driver: Driver, operator: Operator, lot: LotCopy, service: Reservation, signing_key: str
    ) -> None:
        cancelled, held = await driver.holds(lot), await driver.holds(lot)
        await operator.cancel(cancelled)
        settings = settings_for(str(service.settings.database_url), signing_key, notification_token=",".join(TOKENS))
        async with also_serving(settings) as client:
            for token in TOKENS:
                headers = {"Authorization": f"Bearer {token}"}
                answers = [await client.get(self.path(each), headers=headers) for each in (cancelled, held)]
                assert [answer.json() for answer in answers] == [{"reason": REASON}, {"reason": None}]
            wrong = await client.get(self.path(cancelled), headers={"Authorization": f"Bearer {','.join(TOKENS)}"})
            assert wrong.status_code == 401

    @pytest.mark.parametrize("shown", [lambda _: {}, lambda sign_in: sign_in(scope="*")])
    async def test_nobody_else_gets_them(
        self,
        client: httpx.AsyncClient,
        driver: Driver,
        lot: LotCopy,
        signed_in: SignIn,
        shown: Callable[[SignIn], dict[str, str]],
    ) -> None:
        answer = await client.get(self.path(await driver.holds(lot)), headers=shown(signed_in))
        assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unauthenticated")

    def test_it_is_not_in_the_public_document(self, service: Reservation) -> None:
        assert not [path for path in reservation_app(service).openapi()["paths"] if "internal" in path]
