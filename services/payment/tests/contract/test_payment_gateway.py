"""One suite on the fake gateway and on Stripe's SDK at the running simulator."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from services.payment.tests.browser import Browser
from services.payment.tests.fakes.stripe.gateway import FakeGateway

from parking_kernel.money import Money
from payment_service.adapters.stripe.gateway import StripeGateway
from payment_service.adapters.stripe.objects import Translation
from payment_service.application.ports import (
    IntentRequest,
    PaymentGateway,
    ProviderRefused,
    RefundRequest,
)
from payment_service.domain.charges import Charge
from payment_service.domain.provider import Intent, IntentStatus
from stripe_simulator.process import SimulatorProcess

EARLIER = timedelta(minutes=1)


@dataclass(frozen=True)
class Bench:
    gateway: PaymentGateway
    pay: Callable[[Intent], Awaitable[object]]


@pytest.fixture
def fake_bench() -> Bench:
    fake = FakeGateway()

    async def pay(intent: Intent) -> None:
        fake.pay(intent.id)

    return Bench(fake, pay)


@pytest_asyncio.fixture
async def stripe_bench(simulator: SimulatorProcess, browser: Browser) -> AsyncIterator[Bench]:
    gateway = StripeGateway(
        simulator.secret_key,
        Translation("https://parking.test"),
        lambda: datetime.now(UTC),
        api_base=simulator.url,
        timeout=5.0,
        deadline=10.0,
    )

    async def pay(intent: Intent) -> None:
        await browser.confirm(intent.client_secret or "", "visa")

    yield Bench(gateway, pay)
    await gateway.close()


@pytest.fixture(params=["fake", "stripe"])
def bench(request: pytest.FixtureRequest) -> Bench:
    return request.getfixturevalue(f"{request.param}_bench")


def wanted(amount: int = 1250, payment_id: UUID | None = None) -> IntentRequest:
    payment_id = payment_id or uuid4()
    charge = Charge(uuid4(), uuid4(), uuid4(), uuid4(), uuid4(), Money(amount, "CHF"), Money(0, "CHF"))
    return IntentRequest(payment_id, charge, save_method=False, key=f"payment-{payment_id}-1")


def refund_of(intent: Intent, amount: int) -> RefundRequest:
    refund_id = uuid4()
    return RefundRequest(uuid4(), refund_id, 1, intent.id, Money(amount, "CHF"), "goodwill", f"refund-{refund_id}-1-1")


async def test_an_intent_is_made_once_for_a_key(bench: Bench) -> None:
    request = wanted()
    made = await bench.gateway.create_intent(request)
    assert (made.status, made.amount) == (IntentStatus.WAITING, Money(1250, "CHF"))
    assert made.client_secret
    assert made.payment_id == request.payment_id
    assert (await bench.gateway.create_intent(request)).id == made.id
    assert (await bench.gateway.create_intent(replace(request, key="other"))).id != made.id


async def test_an_intent_is_found_by_its_payment(bench: Bench) -> None:
    request = wanted()
    made = await bench.gateway.create_intent(request)
    await bench.gateway.create_intent(wanted())
    since = datetime.now(UTC) - EARLIER
    found = await bench.gateway.find_intent(request.payment_id, since)
    assert found is not None
    assert found.id == made.id
    assert await bench.gateway.find_intent(uuid4(), since) is None
    assert len([intent async for intent in bench.gateway.intents_since(since)]) == 2


async def test_refusals_have_a_code(bench: Bench) -> None:
    with pytest.raises(ProviderRefused, match="amount_too_small"):
        await bench.gateway.create_intent(wanted(amount=1))
    with pytest.raises(ProviderRefused, match="resource_missing"):
        await bench.gateway.read_intent("pi_unknown")


async def test_an_intent_is_withdrawn_again_and_again(bench: Bench) -> None:
    made = await bench.gateway.create_intent(wanted())
    for _ in range(2):
        assert (await bench.gateway.cancel_intent(made.id)).status is IntentStatus.CANCELLED
    assert (await bench.gateway.read_intent(made.id)).status is IntentStatus.CANCELLED


async def test_what_was_paid_is_not_withdrawn(bench: Bench) -> None:
    made = await bench.gateway.create_intent(wanted())
    await bench.pay(made)
    assert (await bench.gateway.cancel_intent(made.id)).status is IntentStatus.SUCCEEDED


async def test_refunds_end_at_what_was_paid(bench: Bench) -> None:
    made = await bench.gateway.create_intent(wanted())
    with pytest.raises(ProviderRefused):
        await bench.gateway.create_refund(refund_of(made, 100))
    await bench.pay(made)
    part = refund_of(made, 500)
    first = await bench.gateway.create_refund(part)
    assert (first.refund_id, first.attempt, first.amount) == (part.refund_id, 1, Money(500, "CHF"))
    assert (await bench.gateway.create_refund(part)).id == first.id
    with pytest.raises(ProviderRefused):
        await bench.gateway.create_refund(refund_of(made, 751))
    await bench.gateway.create_refund(refund_of(made, 750))
    with pytest.raises(ProviderRefused, match="charge_already_refunded"):
        await bench.gateway.create_refund(refund_of(made, 1))
    assert sorted(each.amount.amount for each in await bench.gateway.refunds_of(made.id) if each.amount) == [500, 750]
    since = datetime.now(UTC) - EARLIER
    assert len([each async for each in bench.gateway.refunds_since(since)]) == 2
    assert await bench.gateway.disputes_of(made.id) == []


@pytest.mark.parametrize(
    ("amount", "part"),
    [
        (Money(500, "ISK"), 250),
        (Money(5000, "UGX"), 1),
        (Money(1250, "KWD"), 630),
        (Money(400_000, "MGA"), 100),
        (Money(300, "JPY"), 1),
        (Money(60_050, "HUF"), 1),
    ],
    ids=lambda value: value.currency if isinstance(value, Money) else "",
)
async def test_amounts_are_those_of_this_side_both_ways(bench: Bench, amount: Money, part: int) -> None:
    made = await bench.gateway.create_intent(wanted_in(amount))
    assert made.amount == amount
    await bench.pay(made)
    paid = await bench.gateway.read_intent(made.id)
    assert (paid.status, paid.amount) == (IntentStatus.SUCCEEDED, amount)
    given = amount.of_same_currency(part)
    refund = await bench.gateway.create_refund(replace(refund_of(made, 0), amount=given))
    assert refund.amount == given
    since = datetime.now(UTC) - EARLIER
    assert [each.amount async for each in bench.gateway.intents_since(since)] == [amount]
    assert [each.amount async for each in bench.gateway.refunds_since(since)] == [given]


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        (Money(1255, "KWD"), None),
        (Money(400_050, "MGA"), "amount_not_chargeable"),
        (Money(10_000, "GHS"), "amount_not_chargeable"),
        (Money(20, "EUR"), "amount_too_small"),
    ],
    ids=str,
)
async def test_what_cannot_be_charged_is_refused(bench: Bench, amount: Money, code: str | None) -> None:
    with pytest.raises(ProviderRefused, match=code):
        await bench.gateway.create_intent(wanted_in(amount))


def wanted_in(amount: Money) -> IntentRequest:
    request = wanted()
    return replace(request, charge=replace(request.charge, amount=amount, tax=amount.of_same_currency(0)))
