"""`GET /payments` filters by what it offers, and reads no more than it shows."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from services.payment.tests.browser import Browser
from services.payment.tests.desk import Desk
from services.payment.tests.integration.test_refunds import paid, send
from services.payment.tests.people import Owed
from services.payment.tests.schema import downgrade, upgrade

from parking_kernel.askers import THE_SERVICE
from parking_platform.testing.plans import RowsRead, rows_read
from parking_platform.testing.servers import SchemaOwner
from payment_service.bootstrap import Payments
from payment_service.domain.payment_states import PaymentFilter, PaymentStatus

PATH = "/api/v1/payments"
START = datetime(2026, 3, 1, tzinfo=UTC)
MANY, FEW, PAGE = 20_000, 5, 20
ORGANIZATION, LOT, RARE_LOT = uuid4(), uuid4(), uuid4()

# One organization's history, of which little is refunded, or of a rare lot; both lie at its old end.
ROWS = f"""
    INSERT INTO payments (id, charge_id, reservation_id, user_id, organization_id, parking_lot_id, currency, amount,
        tax, stage, status, is_live, save_method, intent_key, requested_at, version)
    SELECT gen_random_uuid(), gen_random_uuid(), CAST(lpad(to_hex(n), 32, '0') AS uuid), gen_random_uuid(),
        CAST(:organization AS uuid), CASE WHEN n <= {FEW} THEN CAST(:rare_lot AS uuid) ELSE CAST(:lot AS uuid) END,
        'CHF', 1250, 89,
        'cancelled', CASE WHEN n <= {FEW} THEN 'refunded' ELSE 'cancelled' END, false, false, 'key',
        CAST(:start AS timestamptz) + n * interval '1 minute', 2
    FROM generate_series(1, {MANY}) n
"""


async def shown(desk: Desk, headers: dict[str, str], **parameters: object) -> list[str]:
    answer = await desk.client.get(
        PATH, params={name: str(value) for name, value in parameters.items()}, headers=headers
    )
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


async def test_payments_filter_by_status_reservation_lot_and_time(
    desk: Desk, browser: Browser, service: Payments
) -> None:
    user_id, organization_id, lot_id = uuid4(), uuid4(), uuid4()
    charges = [Owed(user_id=user_id, organization_id=organization_id, parking_lot_id=lot) for lot in (lot_id, uuid4())]
    refunded = (await paid(desk, browser, charges[0]))["id"]
    assert (await desk.refund(charges[0], refunded, amount={"amount": 250, "currency": "CHF"})).status_code == 201
    await send(service)
    await desk.wait_for_status(refunded, "partially_refunded")
    open_one = (await desk.started(charges[1]))["id"]
    driver, operator = desk.people.signed_in(user_id), desk.people.operator_of(organization_id)
    instants = [item["requested_at"] for item in (await desk.client.get(PATH, headers=driver)).json()["items"]]
    for headers, whose in ((driver, {}), (operator, {"organization_id": organization_id})):
        assert await shown(desk, headers, **whose) == [open_one, refunded]
        assert await shown(desk, headers, **whose, status="partially_refunded") == [refunded]
        assert await shown(desk, headers, **whose, status="succeeded") == []
        assert await shown(desk, headers, **whose, status="requested") == [open_one]
        assert await shown(desk, headers, **whose, reservation_id=charges[1].reservation_id) == [open_one]
        assert await shown(desk, headers, **whose, parking_lot_id=lot_id) == [refunded]
        assert await shown(desk, headers, **whose, parking_lot_id=lot_id, status="requested") == []
        assert await shown(desk, headers, **whose, **{"from": instants[0]}) == [open_one]
        assert await shown(desk, headers, **whose, to=instants[0]) == [refunded], "`to` is not within"
    stranger = desk.people.signed_in(uuid4())
    assert await shown(desk, stranger, reservation_id=charges[0].reservation_id) == []


@pytest.mark.parametrize(
    ("parameters", "pointer"),
    [
        ({"status": "lost"}, "query/status"),
        ({"reservation_id": "1"}, "query/reservation_id"),
        ({"from": "yesterday"}, "query/from"),
        ({"from": "2026-03-02T00:00:00Z", "to": "2026-03-01T00:00:00Z"}, "query/to"),
    ],
)
async def test_a_filter_that_means_nothing_is_refused_by_name(
    desk: Desk, parameters: dict[str, Any], pointer: str
) -> None:
    answer = await desk.client.get(PATH, params=parameters, headers=desk.people.signed_in(uuid4()))
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def fill(desk: Desk, schema_owner: SchemaOwner) -> None:
    values = {"organization": ORGANIZATION, "lot": LOT, "rare_lot": RARE_LOT, "start": START}
    await desk.run(ROWS, **values)
    await schema_owner.run("ANALYZE payments")


async def read(service: Payments, wanted: PaymentFilter) -> RowsRead:
    with rows_read(service.engine, "payments") as found:
        async with service.open_work(THE_SERVICE) as work:
            assert await work.payments.of_organization(ORGANIZATION, wanted, None, PAGE)
    return found


@pytest.mark.parametrize(
    "wanted",
    [
        PaymentFilter(status=PaymentStatus.REFUNDED),
        PaymentFilter(parking_lot_id=RARE_LOT),
        PaymentFilter(reservation_id=UUID(int=3)),
        PaymentFilter(until=START + timedelta(minutes=FEW + 1)),
        PaymentFilter(since=START + timedelta(minutes=MANY - FEW)),
        PaymentFilter(status=PaymentStatus.CANCELLED, parking_lot_id=LOT),
    ],
    ids=["status", "lot", "reservation", "to", "from", "what all are"],
)
async def test_what_is_rare_in_a_long_history_is_found_by_its_index(
    desk: Desk, service: Payments, wanted: PaymentFilter, schema_owner: SchemaOwner
) -> None:
    await fill(desk, schema_owner)
    found = await read(service, wanted)
    assert found.scanned == []
    assert 0 < found.rows["payments"] <= PAGE


async def test_without_the_indexes_the_history_would_be_read_to_its_end(
    desk: Desk, service: Payments, schema_owner: SchemaOwner
) -> None:
    """The negative control."""
    await fill(desk, schema_owner)
    await schema_owner.run("DROP INDEX ix_payments_of_status, ix_payments_of_lot")
    for wanted in (PaymentFilter(status=PaymentStatus.REFUNDED), PaymentFilter(parking_lot_id=RARE_LOT)):
        assert (await read(service, wanted)).rows["payments"] > MANY / 2


async def test_the_migration_gives_each_payment_the_status_that_it_shows(
    desk: Desk, browser: Browser, service: Payments, schema_owner: SchemaOwner
) -> None:
    for card, amount in (("visa", None), ("visa", 250), ("visa", 1250), ("createDispute", None)):
        owed = Owed()
        payment = await paid(desk, browser, owed, card)
        if amount:
            await desk.refund(owed, payment["id"], amount={"amount": amount, "currency": "CHF"})
            await send(service)
            await desk.wait_for_status(payment["id"], "partially_refunded", "refunded")
        elif card != "visa":
            await desk.wait_for_status(payment["id"], "disputed")
    await desk.started(Owed())
    before = await desk.rows("SELECT id, status FROM payments ORDER BY id")
    assert {row["status"] for row in before} == {*PaymentStatus} & {
        "succeeded", "partially_refunded", "refunded", "disputed", "requested"
    }  # fmt: skip
    await service.engine.dispose()
    await downgrade(schema_owner.url, "0012")
    await upgrade(schema_owner.url)
    await service.engine.dispose()
    assert await desk.rows("SELECT id, status FROM payments ORDER BY id") == before
