"""A user whom auth suspends, on a real broker, at the gate."""

import json
from uuid import UUID

import httpx
import pytest
from services.reservation.tests.conftest import SignIn
from services.reservation.tests.driving import Database, Driver, Gate, Json
from services.reservation.tests.integration.test_gate_lists import paid
from services.reservation.tests.integration.test_gates import credential
from services.reservation.tests.publishing import Publishing, a_user_event

from parking_events import EVENT_CLASSES, UserRegisteredV1, UserSuspendedV1, UserUpdatedV1
from parking_platform.testing.waiting import wait_until
from reservation_service.application.ports import LotCopy

MAY_BE = "SELECT version FROM users WHERE id = :id AND version >= :version"


@pytest.fixture
def gate(client: httpx.AsyncClient, signed_in: SignIn, lot: LotCopy) -> Gate:
    return Gate(client, signed_in(scope="operate:gate", subject="gate-1", organizations=(lot.organization_id,)), lot)


async def published_of_suspensions(database: Database) -> list[tuple[str, str]]:
    """What the operator's room gets of it: reservations, and why."""
    rows = await database.rows("SELECT type, payload FROM outbox ORDER BY seq")
    events = [json.loads(payload) for kind, payload in rows if EVENT_CLASSES[kind].from_json(payload)]
    return [(each["reservation_id"], each["reason"]) for each in events if each["changed"] == ["user_status"]]


async def test_entry_is_denied_with_a_reason_an_exit_opens_and_the_operators_room_learns_of_it(
    driver: Driver, lot: LotCopy, database: Database, gate: Gate, publishing: Publishing, consuming: None
) -> None:
    inside, outside = [await paid(driver, lot, database) for _ in range(2)]
    codes = [await credential(driver, each) for each in (inside, outside)]
    user_id = UUID(inside["user_id"])

    async def published(event: type[UserRegisteredV1 | UserSuspendedV1 | UserUpdatedV1], version: int) -> None:
        await publishing.publish(a_user_event(event, user_id, version))
        await wait_until(lambda: database.rows(MAY_BE, id=user_id, version=version), "the account's copy")

    async def state_of(reservation: Json) -> str:
        return (await driver.sees(reservation))["status"]

    await published(UserRegisteredV1, 1)
    assert (await gate.enter(codes[0])).json()["decision"] == "open"
    await published(UserSuspendedV1, 2)
    denied = (await gate.enter(codes[1])).json()
    assert (denied["decision"], denied["reason"]) == ("deny", "user_suspended")
    assert denied["message"] == "This account is suspended. Please ask the operator."
    assert (await gate.leave(codes[0])).json()["decision"] == "open"
    assert [await state_of(inside), await state_of(outside)] == ["completed", "confirmed"]
    await published(UserUpdatedV1, 3)
    assert (await gate.enter(codes[1])).json()["decision"] == "open"
    both = sorted([(inside["id"], "user_suspended"), (outside["id"], "user_suspended")])
    assert sorted((await published_of_suspensions(database))[:2]) == both
    assert (await published_of_suspensions(database))[2:] == [(outside["id"], "user_reinstated")]
