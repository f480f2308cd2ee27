"""What is compared with the provider, when, and what is no difference."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from prometheus_client import REGISTRY
from services.payment.tests.browser import Browser
from services.payment.tests.desk import Desk
from services.payment.tests.integration.test_refunds import amounts_due, follow, paid, send
from services.payment.tests.logged import logged
from services.payment.tests.people import Owed

from payment_service.adapters.stripe import objects
from payment_service.application.commands.compare_with_provider import CompareWithProvider
from payment_service.application.commands.reconcile_payments import ReconcilePayments
from payment_service.application.ports import OutcomeUnknown
from payment_service.bootstrap import Payments
from payment_service.entrypoints.http.figures import Alarms, counted, found
from payment_service.entrypoints.worker import daily_comparison

DAY = CompareWithProvider(timedelta(days=1))


async def aged(desk: Desk) -> None:
    """Let everything have begun so long ago that no word of it can be on its way."""
    await desk.run(
        "UPDATE payments SET requested_at = requested_at - interval '1 hour',"
        " succeeded_at = succeeded_at - interval '1 hour'"
    )
    await desk.run("UPDATE refunds SET requested_at = requested_at - interval '1 hour'")


async def test_the_daily_comparison_finds_what_no_message_said(desk: Desk, browser: Browser, service: Payments) -> None:
    compare, window = service.use_cases.compare_with_provider, CompareWithProvider(timedelta(days=1))
    payment = await desk.started(Owed())
    assert await compare(window) == 0
    await desk.knob("POST", "/knobs", {"webhook_drop_next": 100})
    await browser.confirm(payment["client_secret"], "visa")
    await desk.run("UPDATE payments SET look_at = NULL")
    assert await compare(window) == 0, "word of it may be on its way"
    await aged(desk)
    assert await compare(window) == 1
    await service.use_cases.reconcile_payments(ReconcilePayments())
    assert await desk.published(payment["id"]) == ["requested", "succeeded"]
    assert await compare(window) == 0
    await aged(desk)
    await desk.run("UPDATE payments SET intent_id = 'pi_other'")
    assert await compare(window) == 1, "an intent that no payment knows"


async def test_a_wrong_amount_is_a_difference_at_once(
    desk: Desk, service: Payments, caplog: pytest.LogCaptureFixture
) -> None:
    payment = await desk.started(Owed())
    await desk.run("UPDATE payments SET amount = amount + 1")
    assert await service.use_cases.compare_with_provider(DAY) == 1
    [[payment_id, intent_id]] = logged(caplog, "a payment differs from the provider", "payment_id", "intent_id")
    assert payment_id == payment["id"]
    assert [intent["id"] for intent in await desk.intents()] == [intent_id]


async def test_what_was_captured_while_the_page_was_read_is_no_difference(desk: Desk, service: Payments) -> None:
    await desk.started(Owed())
    await aged(desk)
    await desk.run("UPDATE payments SET stage = 'succeeded', succeeded_at = now()")
    assert await service.use_cases.compare_with_provider(DAY) == 0
    await aged(desk)
    assert await service.use_cases.compare_with_provider(DAY) == 1


async def test_a_refund_of_which_no_word_came(desk: Desk, browser: Browser, service: Payments) -> None:
    compare = service.use_cases.compare_with_provider
    owed = Owed()
    payment = await paid(desk, browser, owed, "pendingRefund")
    await desk.knob("POST", "/knobs", {"webhook_drop_next": 100})
    await follow(service, amounts_due(owed, 1250))
    await send(service)
    assert await compare(DAY) == 0, "pending on both sides"
    await desk.knob("POST", "/advance", {"seconds": 3600})
    assert await compare(DAY) == 0, "it was asked for a moment ago"
    await aged(desk)
    assert await compare(DAY) == 1
    await service.use_cases.reconcile_payments(ReconcilePayments())
    assert (await desk.published(payment["id"]))[-1] == "refunded"
    assert await compare(DAY) == 0


def later(service: Payments) -> Callable[[], Awaitable[int]]:
    """The comparison as it is an hour later: at the provider nothing can be opened in the past."""

    class Later:
        def now(self) -> datetime:
            return service.clock.now() + timedelta(hours=1)

    compare = replace(service.use_cases.compare_with_provider, clock=Later())
    return lambda: compare(DAY)


async def test_disputes_are_compared_too(desk: Desk, browser: Browser, service: Payments) -> None:
    compare = service.use_cases.compare_with_provider
    payment = await paid(desk, browser, Owed(), "createDispute")
    await desk.wait_for_status(payment["id"], "disputed")
    [dispute] = await desk.rows("SELECT dispute_id FROM payments")
    an_hour_later = later(service)
    assert await an_hour_later() == 0
    await desk.knob("POST", "/knobs", {"webhook_drop_next": 100})
    await desk.knob("POST", f"/disputes/{dispute['dispute_id']}/close", {"outcome": "lost"})
    assert await compare(DAY) == 0, "it is so new that word of it may be on its way"
    assert await an_hour_later() == 1
    await desk.all_due()
    await service.use_cases.reconcile_payments(ReconcilePayments())
    assert (await desk.published(payment["id"]))[-1] == "dispute_closed"
    assert await an_hour_later() == 0


def passed_over(kind: str) -> float:
    return REGISTRY.get_sample_value("provider_statuses_unknown_total", {"object": kind}) or 0


@pytest.mark.parametrize("kind", ["intent", "refund", "dispute"])
async def test_an_unknown_status_is_counted_and_does_not_end_the_comparison(
    desk: Desk, browser: Browser, service: Payments, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """As a release that knows fewer statuses of Stripe's than there are."""
    owed = Owed()
    await paid(desk, browser, owed)
    await paid(desk, browser, Owed(), "createDispute")
    await follow(service, amounts_due(owed, 1250))
    await send(service)
    await desk.started(Owed())
    await desk.run("UPDATE payments SET amount = amount + 1 WHERE stage = 'requested'")
    statuses = {"intent": "succeeded", "refund": "succeeded", "dispute": "needs_response"}
    known = {"intent": objects.INTENTS, "refund": objects.REFUNDS, "dispute": objects.DISPUTES}
    monkeypatch.delitem(known[kind], statuses[kind])
    before = passed_over(kind)
    assert await service.use_cases.compare_with_provider(DAY) == 1, "the others are still compared"
    assert passed_over(kind) - before == (2 if kind == "intent" else 1)


async def shown(*alarms: Alarms) -> list[float]:
    """The differences that processes show."""
    for each in alarms:
        await each()
    families = [family for each in alarms for figure in each.figures for family in figure.collect()]
    return [s.value for family in families if family.name == "provider_differences" for s in family.samples]


async def test_it_runs_once_a_day_in_one_place_and_not_at_every_start(desk: Desk, service: Payments) -> None:
    leading = True
    first, second = daily_comparison(service), daily_comparison(service)
    leader, next_one = Alarms(service, lambda: leading, found), Alarms(service, lambda: not leading, found)
    assert await shown(leader, next_one) == [], "what is not known is not there"
    assert await first()
    assert not await second(), "it ran today"
    assert not await daily_comparison(service)(), "nor by a process that starts"
    assert await shown(leader) == [0.0]
    assert await shown(next_one) == []
    leading = False
    assert await shown(leader) == [], "another may have compared since"
    await desk.run("UPDATE schedules SET due_at = due_at - interval '1 day'")
    assert await second()
    assert await shown(next_one) == [0.0]


async def test_what_it_found_is_shown_after_a_hand_over(desk: Desk, service: Payments) -> None:
    await desk.started(Owed())
    await desk.run("UPDATE payments SET amount = amount + 1")
    assert await daily_comparison(service)()
    assert await shown(Alarms(service, lambda: True, found)) == [1.0], "by a process that did not compare"
    assert await shown(Alarms(service, lambda: True, counted)) == [1.0], "as by one that serves"
    await desk.run("UPDATE payments SET amount = amount - 1")
    await desk.run("UPDATE schedules SET due_at = due_at - interval '1 day'")
    assert await daily_comparison(service)()
    assert await shown(Alarms(service, lambda: True, found)) == [0.0]


async def test_after_a_failure_it_runs_again_soon(desk: Desk, service: Payments) -> None:
    comparison = daily_comparison(service)
    await desk.knob("POST", "/faults", {"action": "error", "path": "/v1/payment_intents", "times": 3})
    with pytest.raises(OutcomeUnknown):
        await comparison()
    await desk.knob("DELETE", "/faults")
    assert await shown(Alarms(service, lambda: True, found)) == []
    assert not await comparison(), "not at once"
    await desk.run("UPDATE schedules SET due_at = due_at - interval '10 minutes'")
    assert await comparison()
