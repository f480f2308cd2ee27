"""Elasticsearch is deleted and built again from Kafka while it answers; it says what the owners' databases say."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest_asyncio
from tests.chaos.oracle.documents import differences
from tests.system.backstage import Databases, command

from parking_demo.people import Driver, Json, Operator, soon
from parking_platform.testing.platform import RunningPlatform
from parking_platform.testing.waiting import TimedOut, wait_until

REBUILD = ("analytics", "rebuild", "reservations", "ledger")


@pytest_asyncio.fixture
async def parked(databases: Databases, driver: Driver, operator: Operator) -> Json:
    """Somebody paid, and is inside; somebody else cancelled, and has the money back."""
    lot = await operator.open_lot(spots=3)
    stays, gives_up = [(await driver.reserve(lot, start=soon())).json() for _ in range(2)]
    for reservation in (stays, gives_up):
        await driver.pay(reservation)
        await driver.wait_for_status(reservation["id"], "confirmed")
    await operator.gate("check-in", lot, await driver.qr_text(stays["id"]))
    assert (await driver.post(f"/reservations/{gives_up['id']}/cancel")).status_code == 200

    async def given_back() -> object:
        refund = "SELECT FROM ledger_entries WHERE kind = 'refund' AND reservation_id = $1"
        return await databases.rows("payment", refund, UUID(gives_up["id"]))

    await wait_until(given_back, "the money to be given back")
    return {"lot": lot.id, "operator": operator}


async def test_a_deleted_index_comes_back_and_equals_the_owners_rows(
    platform: RunningPlatform, databases: Databases, parked: Json
) -> None:
    await _equal(platform, databases)
    async with httpx.AsyncClient(base_url=platform.elasticsearch, trust_env=False) as elasticsearch:
        for alias in ("parking-reservations", "parking-ledger"):
            (index,) = (await elasticsearch.get(f"/_alias/{alias}")).json()
            assert (await elasticsearch.delete(f"/{index}")).is_success
    await command(platform, *REBUILD)
    await _equal(platform, databases)


async def test_questions_are_answered_while_it_is_built_again(
    platform: RunningPlatform, databases: Databases, parked: Json
) -> None:
    operator: Operator = parked["operator"]
    await _equal(platform, databases)
    before = await _revenue(operator, parked["lot"])
    assert before["total"]["payments"] == 2
    rebuilding = asyncio.create_task(command(platform, *REBUILD))
    while not rebuilding.done():
        assert await _revenue(operator, parked["lot"]) == before
    await rebuilding
    await _equal(platform, databases)


async def _revenue(operator: Operator, lot_id: str) -> Json:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    day = {"from": today.isoformat(), "to": today.replace(hour=23, minute=59).isoformat(), "interval": "1d"}
    answer = await operator.get("/analytics/revenue", params={"parking_lot_id": lot_id, **day})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _equal(platform: RunningPlatform, databases: Databases) -> None:
    """Both read models equal their owners' tables field by field, as soon as all events have come."""

    async def agree() -> bool:
        return not await differences(platform.elasticsearch, databases)

    with suppress(TimedOut):  # the comparison below says what differs
        await wait_until(agree, "the read models to equal their owners' rows", seconds=30)
    assert await differences(platform.elasticsearch, databases) == []
