"""Refund orders that waited for their payment: one that cannot be decided holds up none behind it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import cast
from uuid import UUID

import pytest
from services.payment.tests.browser import Browser
from services.payment.tests.desk import Desk
from services.payment.tests.integration.test_refund_orders import event, ordered, outcome
from services.payment.tests.integration.test_refunds import follow, paid
from services.payment.tests.people import Owed

from parking_chassis.process import OneByOne
from parking_kernel.askers import Asker
from parking_platform.testing.servers import SchemaOwner
from payment_service.application.commands.decide_refund_orders import DecideRefundOrders
from payment_service.application.ports import OpenWork, Payments, Work
from payment_service.bootstrap import ORDERS_PAUSE
from payment_service.bootstrap import Payments as Service
from payment_service.domain.payments import Payment
from payment_service.entrypoints.worker import timers


class BrokenPayments:
    """Payments of which some cannot be read."""

    def __init__(self, payments: Payments, broken: set[UUID]) -> None:
        self._payments, self._broken = payments, broken

    async def get(self, payment_id: UUID) -> Payment:
        if payment_id in self._broken:
            raise ValueError("unreadable")
        return await self._payments.get(payment_id)

    async def save(self, payment: Payment) -> None:
        await self._payments.save(payment)


def without(open_work: OpenWork, broken: set[UUID]) -> OpenWork:
    @asynccontextmanager
    async def opened(asker: Asker) -> AsyncGenerator[Work]:
        async with open_work(asker) as work:
            yield replace(work, payments=cast("Payments", BrokenPayments(work.payments, broken)))

    return opened


async def waiting(
    desk: Desk, browser: Browser, service: Service, count: int, schema_owner: SchemaOwner
) -> dict[UUID, UUID]:
    """Orders by their payments, which became known after them; in the order of the payments' ids."""
    orders: dict[UUID, UUID] = {}
    bought = [(owed, await paid(desk, browser, owed)) for owed in (Owed() for _ in range(count))]
    await schema_owner.run("CREATE TABLE hidden AS SELECT * FROM payments")
    await schema_owner.run("ALTER TABLE ledger_entries DROP CONSTRAINT fk_ledger_entries_payment_id")
    await desk.run("DELETE FROM payments")
    for owed, payment in bought:
        order = ordered(payment, 600)
        await follow(service, event(owed, order))
        orders[UUID(payment["id"])] = order.id
    await desk.run("INSERT INTO payments SELECT * FROM hidden")
    return dict(sorted(orders.items()))


@pytest.mark.parametrize("batch", [1, 50])
async def test_payments_that_fail_hold_up_none_and_are_tried_again(
    desk: Desk, browser: Browser, service: Service, batch: int, schema_owner: SchemaOwner
) -> None:
    """With a batch of one each payment that fails fills a batch."""
    orders = await waiting(desk, browser, service, 3, schema_owner)
    *broken, last = orders
    present = 0.0
    decide = replace(
        service.use_cases.decide_refund_orders,
        attempts=OneByOne("refund_orders", ORDERS_PAUSE, lambda: present),
        batch=batch,
    )
    failing = replace(decide, open_work=without(decide.open_work, set(broken)))
    assert await failing(DecideRefundOrders()) == 1
    assert await outcome(desk, orders[last]) == {"refunded": 600}
    assert [await outcome(desk, orders[each]) for each in broken] == [{"waits": True}] * 2
    assert await decide(DecideRefundOrders()) == 0, "they are left alone for a while"
    present = ORDERS_PAUSE.first.total_seconds()
    assert await decide(DecideRefundOrders()) == 2
    assert [await outcome(desk, each) for each in orders.values()] == [{"refunded": 600}] * 3


async def test_one_worker_decides_for_the_whole_service(service: Service) -> None:
    [timer] = [each for each in timers(service) if each.name == "refund_orders"]
    assert timer.in_the_leader
