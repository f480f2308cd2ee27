"""What happened to a payment is published with it, or nothing is committed."""

from uuid import UUID, uuid4

import pytest
from services.payment.tests.browser import Browser
from services.payment.tests.desk import Desk
from services.payment.tests.integration.test_refunds import paid
from services.payment.tests.people import Owed

from parking_kernel.changes import UnsavedChanges
from payment_service.application.ports import Work
from payment_service.bootstrap import Payments
from payment_service.domain.payments import Payment


async def refunding(work: Work, service: Payments, payment_id: UUID) -> Payment:
    """A payment to which something happened, in a transaction that wrote something else already."""
    assert await work.webhooks.note("evt_1")
    payment = await work.payments.get(payment_id)
    payment.request_refund(uuid4(), 100, "goodwill", service.clock.now())
    return payment


@pytest.mark.parametrize("saved_before", [False, True])
async def test_events_that_were_not_saved_are_not_committed_in_silence(
    desk: Desk, browser: Browser, service: Payments, *, saved_before: bool
) -> None:
    payment_id = UUID((await paid(desk, browser, Owed()))["id"])
    before = await desk.published(payment_id)

    async def leave_unsaved() -> None:
        async with service.engine.begin() as connection, service.work_on(connection) as work:
            payment = await refunding(work, service, payment_id)
            if saved_before:
                await work.payments.save(payment)
                payment.request_refund(uuid4(), 100, "goodwill", service.clock.now())

    with pytest.raises(UnsavedChanges, match="Payment has events that were not saved"):
        await leave_unsaved()
    assert await desk.published(payment_id) == before
    assert await desk.rows("SELECT id FROM refunds") == []
    assert await desk.rows("SELECT id FROM webhook_events WHERE id = 'evt_1'") == []


async def test_what_was_saved_is_published_in_its_transaction(desk: Desk, browser: Browser, service: Payments) -> None:
    payment_id = UUID((await paid(desk, browser, Owed()))["id"])
    async with service.engine.begin() as connection, service.work_on(connection) as work:
        await work.payments.save(await refunding(work, service, payment_id))
    assert await desk.published(payment_id) == ["requested", "succeeded", "refund_requested"]
    assert await desk.rows("SELECT id FROM webhook_events WHERE id = 'evt_1'")
