"""What the figures cost: what changed, not all history."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from services.payment.tests.browser import Browser
from services.payment.tests.desk import Desk
from services.payment.tests.integration.test_refunds import paid
from services.payment.tests.people import Owed
from services.payment.tests.schema import downgrade, upgrade
from sqlalchemy import event
from sqlalchemy.exc import ProgrammingError

from parking_platform.testing.servers import SchemaOwner
from payment_service.adapters.postgres.figures import STUCK
from payment_service.application.commands.purge_old import PurgeOld
from payment_service.application.commands.sum_up_captured import SumUpCaptured
from payment_service.bootstrap import Payments
from payment_service.entrypoints.http.figures import Alarms, Revenue, counted

MANY = 200_000


async def captured(service: Payments) -> Mapping[str, int]:
    await service.use_cases.sum_up_captured(SumUpCaptured())
    return await service.figures.captured()


def scanned(plan: dict[str, Any]) -> set[str]:
    """The tables that a plan reads as a whole."""
    here = {str(plan["Relation Name"])} if plan["Node Type"] == "Seq Scan" else set[str]()
    return here.union(*(scanned(each) for each in plan.get("Plans", [])))


async def test_revenue_is_the_ledger_s_and_is_added_up_once(desk: Desk, browser: Browser, service: Payments) -> None:
    assert await captured(service) == {}
    await paid(desk, browser, Owed())
    await paid(desk, browser, Owed(amount=700, tax=0))
    await paid(desk, browser, Owed(currency="EUR"))
    for _ in range(2):
        assert await captured(service) == {"CHF": 1950, "EUR": 1250}
    assert len(await desk.rows("SELECT id FROM captured_amounts")) == 2, "one for each currency"


@pytest.mark.parametrize("broken", ["captured_amounts", "refunds"])
async def test_what_cannot_be_read_is_not_shown(
    desk: Desk, browser: Browser, service: Payments, broken: str, schema_owner: SchemaOwner
) -> None:
    """What was known before is old."""
    await paid(desk, browser, Owed())
    show = {
        "captured_amounts": (revenue := Revenue(service, lambda: True), [revenue.figure]),
        "refunds": (alarms := Alarms(service, lambda: True, counted), alarms.figures),
    }
    ask, figures = show[broken]
    await ask()
    assert [s.value for each in figures for family in each.collect() for s in family.samples]
    await schema_owner.run(f"ALTER TABLE {broken} RENAME TO gone")
    with pytest.raises(ProgrammingError):
        await ask()
    assert [s.value for each in figures for family in each.collect() for s in family.samples] == []


async def test_what_was_booked_before_is_in_the_sum(
    desk: Desk, browser: Browser, service: Payments, schema_owner: SchemaOwner
) -> None:
    await paid(desk, browser, Owed())
    await downgrade(schema_owner.url, "0006")
    await upgrade(schema_owner.url)
    assert await captured(service) == {"CHF": 1250}


async def test_stuck_refunds_are_found_without_reading_those_that_arrived(
    desk: Desk, browser: Browser, service: Payments, schema_owner: SchemaOwner
) -> None:
    payment = await paid(desk, browser, Owed())
    await desk.run(
        "INSERT INTO refunds (id, payment_id, place, amount, status, reason, requested_at, key, asked, attempt,"
        " is_booked, tax) SELECT gen_random_uuid(), CAST(:id AS uuid), 0, 1, 'succeeded', 'x', now(), 'k', 1, 1,"
        " true, 0 FROM generate_series(1, :many)",
        id=payment["id"],
        many=MANY,
    )
    await schema_owner.run("ANALYZE refunds")
    [row] = await desk.rows(f"EXPLAIN (FORMAT JSON) {STUCK}")
    [[found]] = [row.values()]
    plan = found if isinstance(found, list) else json.loads(found)
    assert scanned(plan[0]["Plan"]) == set()
    [row] = await desk.rows("EXPLAIN (FORMAT JSON) SELECT count(amount) FROM refunds")
    [[found]] = [row.values()]
    plan = found if isinstance(found, list) else json.loads(found)
    assert scanned(plan[0]["Plan"]) == {"refunds"}, "the measure itself sees such a scan"


async def test_what_is_old_is_purged_batch_by_batch_until_none_is_left(desk: Desk, service: Payments) -> None:
    for age in ("61 days", "59 days"):
        await desk.run(
            "INSERT INTO webhook_events SELECT CAST(:age AS text) || n, now() - CAST(CAST(:age AS text) AS interval)"
            " FROM generate_series(1, 25) n",
            age=age,
        )
    await desk.run(
        "INSERT INTO idempotency_keys (scope, key, fingerprint, claimed_until, created_at)"
        " SELECT 's', n::text, '', now(), now() - n * interval '1 day' FROM generate_series(1, 40) n"
    )
    statements = _deletes(service)
    assert await replace(service.use_cases.purge_old, batch=10)(PurgeOld()) == 25 + 34
    assert len(statements) == 3 + 4, "of each kind, the last of which is not full"
    assert [row["n"] for row in await desk.rows("SELECT count(*) AS n FROM webhook_events")] == [25]
    assert [row["n"] for row in await desk.rows("SELECT count(*) AS n FROM idempotency_keys")] == [6]


def _deletes(service: Payments) -> list[str]:
    """The deletes from now on."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if "DELETE" in statement:
            seen.append(statement)

    event.listen(service.engine.sync_engine, "before_cursor_execute", note)
    return seen
