"""What reservation wants back goes back of the payment that it names, whatever else happens to that or to another."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from prometheus_client import REGISTRY
from services.payment.tests.browser import Browser
from services.payment.tests.desk import Desk
from services.payment.tests.integration.test_refunds import follow, paid, send
from services.payment.tests.logged import logged
from services.payment.tests.people import Owed
from sqlalchemy.exc import IntegrityError

from parking_kernel.money import Money
from parking_platform.testing.servers import SchemaOwner
from payment_service.application.commands.decide_refund_orders import DecideRefundOrders
from payment_service.application.queries.find_unsettled_orders import FindUnsettledOrders
from payment_service.bootstrap import Payments
from payment_service.domain.charges import AmountsDue, ChargeStatus, NamedRefund, OwedCharge, ReservationStatus

NOW = FindUnsettledOrders(timedelta(0))


def second_of(owed: Owed, amount: int = 1000) -> Owed:
    """A charge of the same reservation that is not owed any more."""
    return Owed(owed.user_id, reservation_id=owed.reservation_id, organization_id=owed.organization_id, amount=amount)


def ordered(payment: dict[str, Any] | UUID, amount: int, order_id: UUID | None = None) -> NamedRefund:
    payment_id = payment if isinstance(payment, UUID) else UUID(payment["id"])
    return NamedRefund(order_id or uuid4(), payment_id, Money(amount, "CHF"), "cancelled")


def event(
    owed: Owed, *orders: NamedRefund, version: int = 3, refund_due: int | None = None, void: Sequence[Owed] = ()
) -> AmountsDue:
    """What an event of the reservation says: its orders, or as in release 0.1 their sum alone."""
    charges = [OwedCharge(owed.charge_id, ChargeStatus.PAID)]
    charges += [OwedCharge(each.charge_id, ChargeStatus.VOID) for each in void]
    due = sum(each.amount.amount for each in orders) if refund_due is None else refund_due
    named = orders if refund_due is None else None
    return AmountsDue(owed.reservation_id, ReservationStatus.CONFIRMED, charges, Money(due, "CHF"), version, named)


async def outcome(desk: Desk, order_id: UUID) -> dict[str, Any]:
    [row] = await desk.rows("SELECT * FROM refund_orders WHERE id = :id", id=order_id)
    parts = ("given_before", "refunded", "covered_by_goodwill", "lost_to_dispute", "exceeds_payment")
    return {name: row[name] for name in parts if row[name]} if row["decided_at"] else {"waits": True}


async def given(desk: Desk) -> list[tuple[UUID, int]]:
    """What the provider gave, by our ids."""
    listed = await desk.provider_refunds()
    return sorted((UUID(each["metadata"]["refund_id"]), each["amount"]) for each in listed)


@pytest.mark.parametrize("is_named", [True, False])
@pytest.mark.parametrize("card", ["visa", "createDispute"])
async def test_what_happens_to_one_payment_never_lowers_what_goes_back_of_another(
    desk: Desk, browser: Browser, service: Payments, card: str, *, is_named: bool
) -> None:
    owed = Owed()
    second = second_of(owed)
    needed = await paid(desk, browser, owed, card)
    unowed = await paid(desk, browser, second)
    if card == "visa":
        await desk.refund(owed, needed["id"], amount={"amount": 300, "currency": "CHF"})
    else:
        await desk.wait_for_status(needed["id"], "disputed")
    changed = event(owed, ordered(unowed, 1000)) if is_named else event(owed, refund_due=1000, void=[second])
    await follow(service, changed)
    await send(service)
    await desk.wait_for_status(unowed["id"], "refunded")
    assert (await desk.show(owed, needed["id"]))["status"] in {"partially_refunded", "disputed"}


async def test_an_order_is_carried_out_once_under_its_id(desk: Desk, browser: Browser, service: Payments) -> None:
    owed = Owed()
    payment = await paid(desk, browser, owed)
    first, second = ordered(payment, 500), ordered(payment, 250)
    again = [follow(service, event(owed, first, version=version)) for version in (3, 3, 4)]
    await asyncio.gather(*again)
    await send(service)
    await follow(service, event(owed, first, second, version=6))
    await follow(service, event(owed, first, version=5), event(owed, first, second, version=7))
    await send(service)
    assert await given(desk) == sorted([(first.id, 500), (second.id, 250)])
    refunds = (await desk.show(owed, payment["id"]))["refunds"]
    assert [(each["id"], each["reason"]) for each in refunds] == [
        (str(each.id), "cancelled") for each in (first, second)
    ]
    assert await service.use_cases.find_unsettled_orders(NOW) == []


async def test_of_its_own_payment_it_gets_what_goodwill_left_and_the_rest_is_reported(
    desk: Desk, browser: Browser, service: Payments, caplog: pytest.LogCaptureFixture
) -> None:
    owed = Owed()
    payment = await paid(desk, browser, owed)
    await desk.refund(owed, payment["id"], amount={"amount": 300, "currency": "CHF"})
    before = REGISTRY.get_sample_value("refund_orders_unpaid_total", {"reason": "covered_by_goodwill"})
    order = ordered(payment, 1250)
    with caplog.at_level(logging.WARNING):
        await follow(service, event(owed, order))
    await send(service)
    await desk.wait_for_status(payment["id"], "refunded")
    assert await outcome(desk, order.id) == {"refunded": 950, "covered_by_goodwill": 300}
    closed = "refund order is closed with less than its amount"
    about = logged(caplog, closed, "refund_order_id", "payment_id", "reason", "amount", "refunded")
    assert about == [(str(order.id), payment["id"], "covered_by_goodwill", 1250, 950)]
    after = REGISTRY.get_sample_value("refund_orders_unpaid_total", {"reason": "covered_by_goodwill"})
    assert (before, after) == (before, (before or 0) + 1)
    assert await desk.ledger() == {}


async def test_goodwill_and_an_order_at_once_never_give_more_than_there_is(
    desk: Desk, browser: Browser, service: Payments
) -> None:
    for _ in range(3):
        owed = Owed()
        payment = await paid(desk, browser, owed)
        order = ordered(payment, 1250)
        amount = {"amount": 700, "currency": "CHF"}
        await asyncio.gather(desk.refund(owed, payment["id"], amount=amount), follow(service, event(owed, order)))
        await send(service)
        await desk.wait_for_status(payment["id"], "refunded")
        assert await outcome(desk, order.id) in ({"refunded": 1250}, {"refunded": 550, "covered_by_goodwill": 700})


@pytest.mark.parametrize(
    ("decided", "expected", "refunded"),
    [("won", {"refunded": 1250}, [1250]), ("lost", {"lost_to_dispute": 1250}, [])],
)
async def test_while_a_dispute_is_open_it_waits(
    desk: Desk, browser: Browser, service: Payments, decided: str, expected: dict[str, int], refunded: list[int]
) -> None:
    owed = Owed()
    payment = await paid(desk, browser, owed, "createDispute")
    await desk.wait_for_status(payment["id"], "disputed")
    order = ordered(payment, 1250)
    await follow(service, event(owed, order))
    assert (await send(service), await outcome(desk, order.id)) == (0, {"waits": True})
    assert await service.use_cases.find_unsettled_orders(NOW) == [], "a dispute may take weeks"
    [dispute] = await desk.rows("SELECT dispute_id FROM payments")
    await desk.knob("POST", f"/disputes/{dispute['dispute_id']}/close", {"outcome": decided})
    await desk.wait_for_events(payment["id"], 4)
    await send(service)
    assert await outcome(desk, order.id) == expected
    assert [refund["amount"] for refund in await desk.provider_refunds()] == refunded
    assert await desk.ledger() == {}


async def test_one_that_names_an_unknown_payment_is_kept_until_that_is_known(
    desk: Desk, browser: Browser, service: Payments, caplog: pytest.LogCaptureFixture, schema_owner: SchemaOwner
) -> None:
    owed = Owed()
    payment = await paid(desk, browser, owed)
    await schema_owner.run("CREATE TABLE hidden AS SELECT * FROM payments")
    await schema_owner.run("ALTER TABLE ledger_entries DROP CONSTRAINT fk_ledger_entries_payment_id")
    await desk.run("DELETE FROM payments")
    order, other = ordered(payment, 600), ordered(uuid4(), 5)
    await follow(service, event(owed, order, other))
    waits = logged(caplog, "refund order waits, as its payment is not known", "refund_order_id", "payment_id")
    assert waits == [(str(each.id), str(each.payment_id)) for each in (order, other)]
    assert await outcome(desk, order.id) == {"waits": True}
    unsettled = service.use_cases.find_unsettled_orders
    assert {each.id for each in await unsettled(NOW)} == {order.id, other.id}
    assert await unsettled(FindUnsettledOrders(timedelta(minutes=10))) == [], "patience"
    assert await service.use_cases.decide_refund_orders(DecideRefundOrders()) == 0
    await desk.run("INSERT INTO payments SELECT * FROM hidden")
    assert await service.use_cases.decide_refund_orders(DecideRefundOrders()) == 1
    await send(service)
    await desk.wait_for_status(payment["id"], "partially_refunded")
    assert await given(desk) == [(order.id, 600)]
    assert [each.id for each in await unsettled(NOW)] == [other.id], "never lost"


async def test_one_that_names_another_reservation_s_payment_or_currency_waits(
    desk: Desk, browser: Browser, service: Payments
) -> None:
    owed, other = Owed(), Owed()
    payment, foreign = await paid(desk, browser, owed), await paid(desk, browser, other)
    euros = NamedRefund(uuid4(), UUID(payment["id"]), Money(600, "EUR"), "cancelled")
    mistaken = [ordered(foreign, 600), euros]
    await follow(service, event(owed, *mistaken))
    assert await service.use_cases.decide_refund_orders(DecideRefundOrders()) == 0
    assert await send(service) == 0
    found = await service.use_cases.find_unsettled_orders(NOW)
    assert {each.id for each in found} == {each.id for each in mistaken}


async def test_the_first_word_on_an_order_counts(
    desk: Desk, browser: Browser, service: Payments, caplog: pytest.LogCaptureFixture
) -> None:
    owed = Owed()
    payment = await paid(desk, browser, owed)
    order = ordered(payment, 600)
    await follow(service, event(owed, order))
    await follow(service, event(owed, ordered(payment, 900, order.id), version=4))
    await send(service)
    assert await given(desk) == [(order.id, 600)]
    differs = logged(caplog, "refund order differs from its first terms", "refund_order_id", "reservation_id")
    assert differs == [(str(order.id), str(owed.reservation_id))]


class TestWhatWasOrderedByTheSumAlone:
    async def test_is_not_given_again_when_its_names_come(
        self, desk: Desk, browser: Browser, service: Payments
    ) -> None:
        owed = Owed()
        payment = await paid(desk, browser, owed)
        await follow(service, event(owed, refund_due=600))
        await send(service)
        converted, new = ordered(payment, 600), ordered(payment, 50)
        for version in (4, 5):
            await follow(service, event(owed, converted, new, version=version))
            await send(service)
        assert sorted(amount for _, amount in await given(desk)) == [50, 600]
        assert await outcome(desk, converted.id) == {"given_before": 600}
        assert await outcome(desk, new.id) == {"refunded": 50}

    async def test_nor_where_both_events_wait_together(self, desk: Desk, browser: Browser, service: Payments) -> None:
        """Else the split that reservation's migration guessed would be carried out, not what is known here."""
        owed = Owed()
        second = second_of(owed, 400)
        first, unowed = await paid(desk, browser, owed), await paid(desk, browser, second)
        guessed = [ordered(first, 200), ordered(unowed, 200)]
        await follow(service, event(owed, *guessed, version=4), event(owed, refund_due=400, void=[second]))
        await send(service)
        await desk.wait_for_status(unowed["id"], "refunded")
        assert [amount for _, amount in await given(desk)] == [400]

    async def test_nor_where_the_release_before_gave_it(self, desk: Desk, browser: Browser, service: Payments) -> None:
        """That one keeps no orders: its refunds are known by their reason."""
        owed = Owed()
        payment = await paid(desk, browser, owed)
        async with service.engine.begin() as connection, service.work_on(connection) as work:
            loaded = await work.payments.get(UUID(payment["id"]))
            loaded.request_refund(uuid4(), 600, "reservation", service.clock.now())
            await work.payments.save(loaded)
        converted = ordered(payment, 600)
        await follow(service, event(owed, converted))
        await send(service)
        assert [amount for _, amount in await given(desk)] == [600]
        assert await outcome(desk, converted.id) == {"given_before": 600}
        assert await service.use_cases.find_unsettled_orders(NOW) == []

    async def test_of_no_payment_that_is_known_is_an_error(
        self, desk: Desk, browser: Browser, service: Payments, caplog: pytest.LogCaptureFixture
    ) -> None:
        owed = Owed()
        await paid(desk, browser, owed)
        await follow(service, event(owed, refund_due=1300))
        await send(service)
        assert [amount for _, amount in await given(desk)] == [1250]
        wants = "reservation wants money back of no payment that is known"
        assert logged(caplog, wants, "reservation_id", "amount") == [(str(owed.reservation_id), 50)]


async def test_after_a_loss_of_data_what_the_provider_gave_is_not_given_again(
    desk: Desk, browser: Browser, service: Payments, schema_owner: SchemaOwner
) -> None:
    """The same order comes again, when the provider does not know the idempotency key any more."""
    owed = Owed()
    payment = await paid(desk, browser, owed)
    order = ordered(payment, 400)
    await follow(service, event(owed, order))
    await send(service)
    await desk.wait_for_status(payment["id"], "partially_refunded")
    for table in ("ledger_postings", "ledger_entries"):
        await schema_owner.run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    await desk.run(
        "DELETE FROM ledger_postings WHERE entry_id IN (SELECT id FROM ledger_entries WHERE kind = 'refund')"
    )
    for lost in ("ledger_entries WHERE kind = 'refund'", "refunds", "refund_orders", "reservation_dues"):
        await desk.run(f"DELETE FROM {lost}")
    await desk.knob("POST", "/advance", {"seconds": 90_000})
    await follow(service, event(owed, order))
    await send(service)
    assert await outcome(desk, order.id) == {"refunded": 400}
    assert await given(desk) == [(order.id, 400)]
    assert await service.use_cases.find_unsettled_orders(NOW) == []


class TestTheAudit:
    async def test_finds_a_refund_that_does_not_arrive(self, desk: Desk, browser: Browser, service: Payments) -> None:
        owed = Owed()
        payment = await paid(desk, browser, owed, "refundFail")
        order = ordered(payment, 600)
        await follow(service, event(owed, order))
        unsettled = service.use_cases.find_unsettled_orders
        assert [each.id for each in await unsettled(NOW)] == [order.id], "not sent yet"
        await send(service)
        await desk.wait_for_status(payment["id"], "partially_refunded")
        assert await unsettled(NOW) == []
        await desk.knob("POST", "/advance", {"seconds": 3600})
        await desk.wait_for_events(payment["id"], 5)
        assert [each.id for each in await unsettled(NOW)] == [order.id], "its bank sent it back"

    @pytest.mark.parametrize(
        "tampering",
        [
            "UPDATE refunds SET amount = amount - 1",
            "UPDATE refunds SET payment_id = (SELECT id FROM payments WHERE id <> payment_id)",
            "DELETE FROM refunds",
        ],
    )
    async def test_finds_a_refund_that_is_not_as_ordered(
        self, desk: Desk, browser: Browser, service: Payments, tampering: str
    ) -> None:
        owed = Owed()
        payment, _ = await paid(desk, browser, owed), await paid(desk, browser, second_of(owed))
        order = ordered(payment, 600)
        await follow(service, event(owed, order))
        await send(service)
        await desk.wait_for_status(payment["id"], "partially_refunded")
        unsettled = service.use_cases.find_unsettled_orders
        assert await unsettled(NOW) == []
        await desk.run(tampering)
        assert [each.id for each in await unsettled(NOW)] == [order.id]

    @pytest.mark.parametrize(
        "change",
        [
            "refunded = refunded - 1",
            "covered_by_goodwill = 1",
            "decided_at = NULL",
            "lost_to_dispute = -1, refunded = 601",
        ],
    )
    async def test_the_table_itself_refuses_parts_that_do_not_add_up(
        self, desk: Desk, browser: Browser, service: Payments, change: str
    ) -> None:
        owed = Owed()
        await follow(service, event(owed, ordered(await paid(desk, browser, owed), 600)))
        with pytest.raises(IntegrityError, match="parts_add_up"):
            await desk.run(f"UPDATE refund_orders SET {change}")
