"""A gate without a network: what it knows by the published keys and its signed list alone."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from services.reservation.tests.conftest import MakeLot, SignIn, also_serving, new_signing_key, settings_for
from services.reservation.tests.driving import Database, Driver, Gate, Headers, Json
from services.reservation.tests.integration.test_gates import credential
from sqlalchemy import event

from parking_platform.secret_store import public_half
from reservation_service.application.ports import LotCopy
from reservation_service.bootstrap import Reservation

SOON = timedelta(minutes=10)
LIST = "/api/v1/gates/list"
KEYS = "/api/v1/gates/jwks.json"


class OfflineGate:
    """Has keys and list, and asks nobody."""

    def __init__(self, keys: Any, signed_list: str) -> None:
        self.keys = KeySet.import_key_set(keys)
        decoded = jwt.decode(signed_list, self.keys, algorithms=["ES256"])
        assert decoded.header["typ"] == "gate-list+jwt"
        self.list = decoded.claims
        assert self.list["exp"] > datetime.now(UTC).timestamp()
        self.known = {each["reservation_id"]: each for each in self.list["reservations"]}

    def lets_in(self, code: str) -> bool:
        return self._may(code, "confirmed", datetime.now(UTC))

    def lets_out(self, code: str) -> bool:
        return self._may(code, "active", None)

    def _may(self, code: str, status: str, at: datetime | None) -> bool:
        try:
            decoded = jwt.decode(code, self.keys, algorithms=["ES256"])
        except JoseError:
            return False
        if decoded.header["typ"] != "gate+jwt" or decoded.claims["lot"] != self.list["lot"]:
            return False
        listed = self.known.get(decoded.claims["sub"])
        if listed is None or listed["status"] != status:
            return False
        opens = datetime.fromisoformat(listed["start_time"]) - timedelta(seconds=self.list["opens_before_seconds"])
        return at is None or opens <= at < datetime.fromisoformat(listed["end_time"])


@pytest.fixture
def operator(signed_in: SignIn, lot: LotCopy) -> Headers:
    return signed_in(scope="operate:gate", subject="gate-1", organizations=(lot.organization_id,))


@pytest.fixture
def gate(client: httpx.AsyncClient, operator: Headers, lot: LotCopy) -> Gate:
    return Gate(client, operator, lot)


async def fetched(client: httpx.AsyncClient, operator: Headers, lot: LotCopy, **headers: str) -> httpx.Response:
    """The list as the gate gets it."""
    answer = await client.get(LIST, params={"parking_lot_id": str(lot.id)}, headers={**operator, **headers})
    assert answer.status_code in {200, 304}, answer.text
    return answer


async def offline(client: httpx.AsyncClient, operator: Headers, lot: LotCopy) -> OfflineGate:
    """A gate that loses its network now."""
    keys = await client.get(KEYS)  # without a token
    assert (keys.status_code, keys.headers["cache-control"]) == (200, "public, max-age=300")
    return OfflineGate(keys.json(), (await fetched(client, operator, lot)).text)


async def paid(driver: Driver, lot: LotCopy, database: Database, after: timedelta = SOON, **more: Any) -> Json:
    """A paid reservation of an hour that begins soon."""
    held = await driver.holds(lot, start=datetime.now(UTC) + after, hours=1, **more)
    await database.settle(held)
    return held


async def test_a_cancelled_code_does_not_open_and_a_paid_one_does(
    client: httpx.AsyncClient, driver: Driver, lot: LotCopy, database: Database, operator: Headers
) -> None:
    stands, cancelled = [await paid(driver, lot, database) for _ in range(2)]
    codes = [await credential(driver, each) for each in (stands, cancelled)]
    before = await offline(client, operator, lot)
    assert [before.lets_in(each) for each in codes] == [True, True], "else the next would prove nothing"
    assert (await driver.cancel(cancelled)).status_code == 200
    gate = await offline(client, operator, lot)
    assert [gate.lets_in(each) for each in codes] == [True, False]


async def test_what_is_unpaid_or_too_early_or_elsewhere_does_not_open(
    client: httpx.AsyncClient,
    driver: Driver,
    lot: LotCopy,
    database: Database,
    operator: Headers,
    make_lot: MakeLot,
    service: Reservation,
) -> None:
    later = await paid(driver, lot, database, timedelta(hours=3))
    elsewhere = await paid(driver, await make_lot(), database)
    held = await driver.holds(lot)
    gate = await offline(client, operator, lot)
    assert set(gate.known) == {later["id"]}
    codes = [await credential(driver, each) for each in (later, elsewhere)]
    assert [gate.lets_in(each) for each in (*codes, held["charge"]["token"], "x")] == [False] * 4


async def test_who_is_in_gets_out_however_long_that_took(
    client: httpx.AsyncClient, driver: Driver, lot: LotCopy, database: Database, gate: Gate
) -> None:
    held = await paid(driver, lot, database)
    code = await credential(driver, held)
    assert (await gate.enter(code)).json()["decision"] == "open"
    await database.shift(held, timedelta(days=-3))
    there = await offline(client, gate.headers, lot)
    assert (there.lets_out(code), there.lets_in(code)) == (True, False)
    assert (await gate.leave(code)).json()["decision"] == "open"
    assert not (await offline(client, gate.headers, lot)).lets_out(code)


async def test_a_suspended_users_code_does_not_open_and_lets_out(
    client: httpx.AsyncClient, driver: Driver, lot: LotCopy, database: Database, gate: Gate
) -> None:
    inside, outside = [await paid(driver, lot, database) for _ in range(2)]
    codes = [await credential(driver, each) for each in (inside, outside)]
    assert (await gate.enter(codes[0])).json()["decision"] == "open"
    await database.rows(
        "INSERT INTO users (id, suspended_at, version) VALUES (:id, now(), 1)", id=UUID(inside["user_id"])
    )
    there = await offline(client, gate.headers, lot)
    assert (there.lets_out(codes[0]), there.lets_in(codes[1])) == (True, False)


async def test_a_gate_that_has_the_list_is_not_sent_it_again(
    client: httpx.AsyncClient, driver: Driver, lot: LotCopy, database: Database, operator: Headers
) -> None:
    first = await fetched(client, operator, lot)
    assert (first.headers["content-type"], first.headers["cache-control"]) == ("application/jose", "private, no-store")
    tag = first.headers["etag"]
    for has in (tag, tag.removeprefix("W/"), f'"x", {tag}', "*"):
        again = await fetched(client, operator, lot, **{"If-None-Match": has})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert (await fetched(client, operator, lot, **{"If-None-Match": '"x"'})).status_code == 200
    await paid(driver, lot, database)
    changed = await fetched(client, operator, lot, **{"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


async def test_it_is_for_the_gates_of_the_lots_operator_alone(
    client: httpx.AsyncClient, driver: Driver, lot: LotCopy, operator: Headers, make_lot: MakeLot
) -> None:
    foreign = await make_lot()
    for headers, asked, status in (
        ({}, lot, 401),
        (driver.headers, lot, 403),
        (operator, foreign, 404),
        (operator, lot, 200),
    ):
        answer = await client.get(LIST, params={"parking_lot_id": str(asked.id)}, headers=headers)
        assert answer.status_code == status
    missing = await client.get(LIST, headers=operator)
    assert (missing.status_code, missing.json()["errors"][0]["pointer"]) == (422, "query/parking_lot_id")


async def test_it_costs_as_many_statements_however_long_it_is(
    client: httpx.AsyncClient,
    driver: Driver,
    lot: LotCopy,
    database: Database,
    operator: Headers,
    service: Reservation,
) -> None:
    statements: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        statements.append(statement)

    await paid(driver, lot, database)
    event.listen(service.engine.sync_engine, "before_cursor_execute", count)
    await fetched(client, operator, lot)
    for_one = len(statements)
    event.remove(service.engine.sync_engine, "before_cursor_execute", count)
    for hours in range(2, 8):
        await paid(driver, lot, database, timedelta(hours=hours))
    statements.clear()
    event.listen(service.engine.sync_engine, "before_cursor_execute", count)
    assert len((await offline(client, operator, lot)).known) == 7
    assert len(statements) == for_one


class TestARotatedKey:
    """The service is started again with the old key, with both, and with the new one."""

    @pytest_asyncio.fixture
    async def rotated(self, database_url: str, signing_key: str) -> AsyncIterator[httpx.AsyncClient]:
        """The service as it runs when the new key signs beside the old one."""
        async with also_serving(settings_for(database_url, f"{new_signing_key()},{signing_key}")) as client:
            yield client

    async def test_voids_no_code(
        self, driver: Driver, lot: LotCopy, database: Database, operator: Headers, rotated: httpx.AsyncClient
    ) -> None:
        stays = [await paid(driver, lot, database) for _ in range(2)]
        old = await credential(driver, stays[0])
        new = await credential(Driver(rotated, driver.headers), stays[1])
        assert len((await rotated.get(KEYS)).json()["keys"]) == 2
        there = await offline(rotated, operator, lot)
        assert [there.lets_in(each) for each in (old, new)] == [True, True]
        gate = Gate(rotated, operator, lot)
        assert [(await gate.enter(each)).json()["decision"] for each in (old, new)] == ["open", "open"]

    async def test_a_key_that_was_taken_away_opens_nothing(
        self, driver: Driver, lot: LotCopy, database: Database, database_url: str, operator: Headers
    ) -> None:
        old = await credential(driver, await paid(driver, lot, database))
        async with also_serving(settings_for(database_url, new_signing_key())) as client:
            assert (await Gate(client, operator, lot).enter(old)).json()["reason"] == "invalid_credential"
            assert not (await offline(client, operator, lot)).lets_in(old)


@pytest.mark.parametrize("wrong", ["x", "{key},x", "{key},", ",{key}", "{public}"])
def test_wrong_keys_are_refused_by_name(database_url: str, signing_key: str, wrong: str) -> None:
    with pytest.raises(ValueError, match="signing_key"):
        settings_for(database_url, wrong.format(key=signing_key, public=public_half(signing_key)))


def test_of_a_key_that_signs_no_more_the_public_half_is_enough(database_url: str, signing_key: str) -> None:
    old = new_signing_key()
    first, second = settings_for(database_url, f"{signing_key},{public_half(old)}").signing_keys_pem
    assert "PRIVATE" in first
    assert second == settings_for(database_url, f"{signing_key},{old}").signing_keys_pem[1]
