"""What is open of the money: the alarms read that alone, and nothing is closed with which something may be wrong."""

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from services.payment.tests.browser import Browser
from services.payment.tests.desk import Desk
from services.payment.tests.integration.history import COPIES, MANY, ORDERS, PAYMENTS, cost, settle_long_ago
from services.payment.tests.integration.test_refund_orders import event, ordered
from services.payment.tests.integration.test_refunds import amounts_due, follow, paid, send
from services.payment.tests.logged import logged
from services.payment.tests.people import Owed
from services.payment.tests.schema import downgrade, upgrade
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from parking_platform.testing.servers import SchemaOwner
from parking_platform.testing.waiting import wait_until
from payment_service.adapters.postgres.figures import STUCK, SUM_UP
from payment_service.adapters.postgres.invariant_audit import (
    CLOSE_ORDERS,
    CLOSE_PAYMENTS,
    FIRST,
    REOPEN_ORDERS,
    REOPEN_PAYMENTS,
    UNSETTLED,
    UNSETTLED_ORDERS,
)
from payment_service.application.commands.audit_everything import AuditEverything
from payment_service.application.commands.close_settled import CloseSettled
from payment_service.application.queries.find_unsettled_orders import FindUnsettledOrders
from payment_service.application.queries.find_unsettled_payments import FindUnsettledPayments
from payment_service.bootstrap import Payments
from payment_service.domain.charges import ChargeStatus, ReservationStatus

AT_ONCE = timedelta(0)
GATE = 4_190_101
AT_THE_GATE = f"""
    SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database
    WHERE l.locktype = 'advisory' AND l.objid = {GATE} AND NOT l.granted AND d.datname = current_database()
"""


async def unsettled(service: Payments) -> list[str]:
    found = await service.use_cases.find_unsettled_payments(FindUnsettledPayments(AT_ONCE))
    return [str(each.payment_id) for each in found]


async def unsettled_orders(service: Payments) -> list[UUID]:
    return [each.id for each in await service.use_cases.find_unsettled_orders(FindUnsettledOrders(AT_ONCE))]


async def close(service: Payments) -> int:
    return await service.use_cases.close_settled(CloseSettled())


async def audit(service: Payments) -> int:
    """The complete one, in batches so small that there are several."""
    return await replace(service.use_cases.audit_everything, batch=1)(AuditEverything())


async def pays(service: Payments, owed: Owed, charge: ChargeStatus = ChargeStatus.PAID, version: int = 1) -> None:
    """What the reservation says of its charge."""
    await follow(service, amounts_due(owed, 0, version=version, status=ReservationStatus.CONFIRMED, charge=charge))


async def opened(desk: Desk) -> list[str]:
    return [str(row["payment_id"]) for row in await desk.rows("SELECT payment_id FROM payments_to_settle")]


class TestACapturedPayment:
    async def test_is_open_until_its_reservation_says_that_it_is_paid(
        self, desk: Desk, browser: Browser, service: Payments
    ) -> None:
        owed = Owed()
        await desk.started(Owed())
        payment = await paid(desk, browser, owed)
        assert await opened(desk) == [payment["id"]]
        assert (await close(service), await unsettled(service)) == (0, [payment["id"]])
        await pays(service, owed)
        assert (await unsettled(service), await close(service)) == ([], 1)
        assert await opened(desk) == []
        await pays(service, owed, version=2)
        assert await opened(desk) == [], "nothing about it changed"

    async def test_is_open_until_it_is_given_back_in_full(
        self, desk: Desk, browser: Browser, service: Payments
    ) -> None:
        owed = Owed()
        payment = await paid(desk, browser, owed)
        for amount, left in ((500, [payment["id"]]), (750, [])):
            await desk.refund(owed, payment["id"], amount={"amount": amount, "currency": "CHF"})
            await send(service)
            await desk.wait_for_status(payment["id"], "refunded" if not left else "partially_refunded")
            await close(service)
            assert (await opened(desk), await unsettled(service)) == (left, left)

    @pytest.mark.parametrize("how", ["another word", "its copy is gone"])
    async def test_opens_again_when_its_reservation_does_not_say_so_any_more(
        self, desk: Desk, browser: Browser, service: Payments, how: str
    ) -> None:
        owed = Owed()
        payment = await paid(desk, browser, owed)
        await pays(service, owed)
        assert await close(service) == 1
        if how == "another word":
            await pays(service, owed, ChargeStatus.VOID, version=2)
        else:
            await desk.run("DELETE FROM reservation_dues")
        assert await close(service) == 0
        assert await unsettled(service) == [payment["id"]]

    async def test_opens_again_when_the_bank_sends_its_refund_back(
        self, desk: Desk, browser: Browser, service: Payments
    ) -> None:
        owed = Owed()
        payment = await paid(desk, browser, owed, "refundFail")
        await desk.refund(owed, payment["id"])
        await send(service)
        await desk.wait_for_status(payment["id"], "refunded")
        assert await close(service) == 1
        await desk.knob("POST", "/advance", {"seconds": 3600})
        await desk.wait_for_events(payment["id"], 5)
        assert await close(service) == 0
        assert await unsettled(service) == [payment["id"]]

    async def test_opens_again_when_a_dispute_gives_the_money_back(
        self, desk: Desk, browser: Browser, service: Payments
    ) -> None:
        payment = await paid(desk, browser, Owed(), "createDispute")
        await desk.wait_for_status(payment["id"], "disputed")
        assert await close(service) == 1
        [dispute] = await desk.rows("SELECT dispute_id FROM payments")
        await desk.knob("POST", f"/disputes/{dispute['dispute_id']}/close", {"outcome": "won"})
        await desk.wait_for_status(payment["id"], "succeeded")
        assert await close(service) == 0
        assert await unsettled(service) == [payment["id"]]


class TestWhatChangesWhileItIsClosed:
    """The reservation's copy changes its word: by the old one the payment could be closed."""

    NOT_PAID = "UPDATE reservation_dues SET charges = '[]'"

    async def test_is_passed_over_and_not_waited_for(self, desk: Desk, browser: Browser, service: Payments) -> None:
        owed = Owed()
        payment = await paid(desk, browser, owed)
        await pays(service, owed)
        async with desk.engine.begin() as connection:
            await connection.execute(text(self.NOT_PAID))
            assert await asyncio.wait_for(close(service), 5) == 0
        assert await close(service) == 0
        assert await unsettled(service) == [payment["id"]]

    @pytest.mark.parametrize("compares", [True, False])
    async def test_stays_open_also_where_the_change_is_younger_than_the_snapshot(
        self, desk: Desk, browser: Browser, service: Payments, *, compares: bool
    ) -> None:
        """The closing waits at a gate within its statement; without its comparison it would close what is open."""
        owed = Owed()
        payment = await paid(desk, browser, owed)
        await pays(service, owed)
        gated = CLOSE_PAYMENTS.text.replace(
            "payments_to_settle s", f"(SELECT pg_advisory_xact_lock({GATE}) OFFSET 0) gate, payments_to_settle s", 1
        )
        if not compares:
            gated = gated.replace(" AND s.changes = settled.changes", "")
        assert gated.count(str(GATE)) == 1
        assert ("settled.changes" in gated) is compares
        async with desk.engine.begin() as gate:
            await gate.execute(text(f"SELECT pg_advisory_xact_lock({GATE})"))
            closing = asyncio.create_task(desk.run(gated, limit=10))
            await wait_until(lambda: desk.rows(AT_THE_GATE), "the closing to wait")
            await desk.run(self.NOT_PAID)
        await closing
        assert await unsettled(service) == ([payment["id"]] if compares else [])


async def refunded(desk: Desk, browser: Browser, service: Payments) -> tuple[dict[str, Any], UUID]:
    """A payment of which an order gave something back, closed."""
    owed = Owed()
    payment = await paid(desk, browser, owed)
    order = ordered(payment, 600)
    await follow(service, event(owed, order))
    assert await unsettled_orders(service) == [order.id]
    assert await close(service) == 1, "the payment"
    await send(service)
    await desk.wait_for_status(payment["id"], "partially_refunded")
    assert (await unsettled_orders(service), await close(service)) == ([], 1)
    assert await desk.rows("SELECT * FROM refund_orders_to_settle") == []
    return payment, order.id


TAMPERING = [
    "UPDATE refunds SET amount = amount - 1",
    "UPDATE refunds SET status = 'requested'",
    "UPDATE refunds SET status = 'failed'",
    "DELETE FROM refunds",
    "UPDATE refund_orders SET refunded = refunded - 1, covered_by_goodwill = 1",
    "UPDATE refund_orders SET decided_at = NULL, refunded = 0",
]


class TestARefundOrder:
    @pytest.mark.parametrize("tampering", TAMPERING)
    async def test_opens_again_when_it_or_its_refund_changes(
        self, desk: Desk, browser: Browser, service: Payments, tampering: str
    ) -> None:
        _, order_id = await refunded(desk, browser, service)
        await desk.run(tampering)
        await close(service)
        assert await unsettled_orders(service) == [order_id]

    async def test_that_waits_for_a_dispute_is_open_and_not_reported(
        self, desk: Desk, browser: Browser, service: Payments
    ) -> None:
        owed = Owed()
        payment = await paid(desk, browser, owed, "createDispute")
        await desk.wait_for_status(payment["id"], "disputed")
        await follow(service, event(owed, ordered(payment, 600)))
        await close(service)
        assert await unsettled_orders(service) == []
        assert len(await desk.rows("SELECT * FROM refund_orders_to_settle")) == 1


class TestTheCompleteAudit:
    """What is opened by no trigger: the alarms do not see it."""

    async def test_opens_payments_that_were_missed(
        self, desk: Desk, browser: Browser, service: Payments, caplog: pytest.LogCaptureFixture
    ) -> None:
        fine, missed, known = Owed(), Owed(), Owed()
        await paid(desk, browser, fine)
        await pays(service, fine)
        await desk.started(Owed())
        lost = await paid(desk, browser, missed)
        await desk.run("DELETE FROM payments_to_settle")
        kept = await paid(desk, browser, known)
        assert await unsettled(service) == [kept["id"]]
        with caplog.at_level(logging.ERROR):
            assert await audit(service) == 1
        assert logged(caplog, "what is unsettled was not known to be open", "payment_id") == [(lost["id"],)]
        assert set(await unsettled(service)) == {lost["id"], kept["id"]}
        assert await audit(service) == 0

    @pytest.mark.parametrize("tampering", TAMPERING)
    async def test_opens_orders_that_were_missed(
        self, desk: Desk, browser: Browser, service: Payments, tampering: str, superuser: AsyncEngine
    ) -> None:
        _, order_id = await refunded(desk, browser, service)
        assert await audit(service) == 0
        async with superuser.begin() as connection:
            for statement in ("SET LOCAL session_replication_role = replica", tampering):
                await connection.execute(text(statement))
        assert await unsettled_orders(service) == []
        assert await audit(service) == 1
        assert await unsettled_orders(service) == [order_id]


async def test_what_was_captured_before_there_was_an_audit_is_found(
    desk: Desk, browser: Browser, service: Payments, schema_owner: SchemaOwner
) -> None:
    """The migration opens the last day's, without a look at all of them; the first complete audit opens the others."""
    old, new = await paid(desk, browser, Owed()), await paid(desk, browser, Owed())
    await desk.run("UPDATE payments SET succeeded_at = now() - interval '3 days' WHERE id = :id", id=old["id"])
    await downgrade(schema_owner.url, "0008")
    await upgrade(schema_owner.url)
    assert await unsettled(service) == [new["id"]]
    assert await audit(service) == 1
    assert await unsettled(service) == [new["id"], old["id"]], "the newest first"


async def test_with_a_million_settled_payments_the_alarms_read_what_is_open(
    desk: Desk, service: Payments, superuser: AsyncEngine
) -> None:
    """No statistics of what is open are there at first: the plan must not depend on them."""
    await settle_long_ago(superuser)
    first, last = 2 * MANY, 2 * MANY + 49
    await desk.run(PAYMENTS, first=first, last=last)
    await desk.run(ORDERS, first=first, last=last)
    await desk.run(COPIES, first=first + 20, last=last)
    payments = {"payments_to_settle", "pk_payments", "pk_reservation_dues", "ix_refunds_payment_id"}
    orders = {"refund_orders_to_settle", "pk_refund_orders", "pk_refunds", "pk_payments"}
    keys = {"pk_payments_to_settle", "pk_refund_orders_to_settle"}
    far = datetime.now(UTC) + timedelta(days=3650)
    async with desk.engine.connect() as connection:
        for statement, values, expected, most in (
            (UNSETTLED, {"before": far, "most": 100}, payments, 1000),
            (UNSETTLED_ORDERS, {"before": far, "most": 100}, orders, 200),
            (CLOSE_PAYMENTS, {"limit": 1000}, payments, 1000),
            (CLOSE_ORDERS, {"limit": 1000}, orders, 200),
            (STUCK, {}, {"ix_refunds_outstanding"}, 10),
            (SUM_UP, {"limit": 5000}, {"pk_captured_amounts", "captured_amounts"}, 10),
        ):
            found = await cost(connection, statement, **values)
            assert found.pages <= most, statement.text
            assert (found.indexes | found.whole) - keys <= expected, statement.text
        for statement in (REOPEN_PAYMENTS, REOPEN_ORDERS):
            found = await cost(connection, statement, after=FIRST, limit=1000)
            assert found.whole == set(), "a batch of the complete audit reads a batch"
        control = await cost(connection, text("SELECT count(amount) FROM payments"))
        assert control.pages > 10_000
        await connection.rollback()
    # Of the new ones 20 have no copy, and of the others each tenth has none; none of the orders has its refund.
    assert len(await unsettled(service)) == 20 + 3
    assert len(await unsettled_orders(service)) == 5
    assert await close(service) == 27
    assert len(await opened(desk)) == 20 + 3
