"""Elasticsearch is deleted and built again from Kafka while it answers; it says what the owners' databases say."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest_asyncio
from tests.system.backstage import Databases

from parking_demo.people import Driver, Json, Operator, soon
from parking_platform.testing.platform import RunningPlatform
from parking_platform.testing.waiting import WaitedInVain, wait_until

Documents = Mapping[str, Mapping[str, Any]]
TIMES = frozenset({"starts_at", "ends_at", "created_at", "entered_at", "exited_at", "posted_at"})

RESERVATIONS = """
    SELECT id AS reservation_id, user_id, organization_id, parking_lot_id, spot_id, spot_number, spot_type, status,
        starts_at, ends_at, created_at, entered_at, exited_at, currency, refund_due, version,
        (SELECT coalesce(sum((charge->>'amount')::bigint), 0)::bigint FROM jsonb_array_elements(charges) AS charge
            WHERE charge->>'status' <> 'void') AS amount_owed,
        (SELECT coalesce(sum((charge->>'amount')::bigint), 0)::bigint FROM jsonb_array_elements(charges) AS charge
            WHERE charge->>'status' = 'paid') AS amount_paid
    FROM reservations"""
LEDGER = """
    SELECT id AS entry_id, kind, organization_id, parking_lot_id, reservation_id, payment_id, refund_id, currency,
        gross, tax, posted_at
    FROM ledger_entries"""

OWNERS = (("reservations", "reservation", RESERVATIONS), ("ledger", "payment", LEDGER))


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
    await _rebuild(platform)
    await _equal(platform, databases)


async def test_questions_are_answered_while_it_is_built_again(
    platform: RunningPlatform, databases: Databases, parked: Json
) -> None:
    operator: Operator = parked["operator"]
    await _equal(platform, databases)
    before = await _revenue(operator, parked["lot"])
    assert before["total"]["payments"] == 2
    rebuilding = asyncio.create_task(_rebuild(platform))
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


async def _rebuild(platform: RunningPlatform) -> None:
    """As an operator does it."""
    command = Path(sys.executable).parent / "analytics-service"
    environment = {**os.environ, **platform.parts.service_environment("analytics")}
    process = await asyncio.create_subprocess_exec(
        command, "rebuild", "reservations", "ledger", env=environment, stderr=asyncio.subprocess.PIPE
    )
    _, complaints = await process.communicate()
    assert process.returncode == 0, complaints.decode()


async def _equal(platform: RunningPlatform, databases: Databases) -> None:
    """Both read models equal their owners' tables field by field, as soon as all events have come."""
    for projection, service, statement in OWNERS:
        both = partial(_documents_and_rows, platform, databases, projection, service, statement)

        async def agree(both: Callable[[], Awaitable[tuple[Documents, Documents]]] = both) -> bool:
            documents, rows = await both()
            return documents == rows

        with suppress(WaitedInVain):  # the comparison below says what differs
            await wait_until(agree, f"{projection} to equal its owner's rows", seconds=30)
        documents, rows = await both()
        assert documents == rows


async def _documents_and_rows(
    platform: RunningPlatform, databases: Databases, projection: str, service: str, statement: str
) -> tuple[Documents, Documents]:
    """A read model and its owner's table, by id: the fields that the table has."""
    rows = {str(row[0]): _comparable(dict(row)) for row in await databases.rows(service, statement)}
    fields = next(iter(rows.values())).keys()
    async with httpx.AsyncClient(base_url=platform.elasticsearch, trust_env=False) as elasticsearch:
        await elasticsearch.post(f"/parking-{projection}/_refresh")
        answer = (await elasticsearch.get(f"/parking-{projection}/_search", params={"size": 10_000})).json()
    sources = {hit["_id"]: hit["_source"] for hit in answer["hits"]["hits"]}
    return {key: _comparable({name: source[name] for name in fields}) for key, source in sources.items()}, rows


def _comparable(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Ids as text, instants as instants."""
    return {
        name: datetime.fromisoformat(value) if name in TIMES and isinstance(value, str) else _plain(value)
        for name, value in fields.items()
    }


def _plain(value: object) -> object:
    return value if isinstance(value, int | str | datetime) or value is None else str(value)
