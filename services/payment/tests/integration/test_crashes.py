"""Processes that die between what is recorded here and what is done there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import override

import httpx
import pytest
from services.payment.tests.browser import Browser
from services.payment.tests.desk import Desk
from services.payment.tests.integration.test_refunds import amounts_due, follow, paid, send
from services.payment.tests.people import Owed

from payment_service.adapters.crypto.charge_tokens import ChargeTokens
from payment_service.adapters.postgres.unit_of_work import units_of_work
from payment_service.adapters.postgres.unpublished import PostgresUnpublishedPayments
from payment_service.adapters.stripe.gateway import StripeGateway
from payment_service.adapters.stripe.objects import Translation
from payment_service.adapters.stripe.webhooks import StripeWebhooks
from payment_service.application.commands.reconcile_payments import ReconcilePayments
from payment_service.application.commands.send_refunds import SendRefunds
from payment_service.application.ports import IntentRequest, RefundRequest
from payment_service.bootstrap import Payments, use_cases_of
from payment_service.domain.provider import Intent, ProviderRefund
from payment_service.entrypoints.http.app import payment_app

MOMENTS = ["before the call", "after the call"]


class Died(Exception):
    """The process is gone at this point: nothing after it is done."""


class DyingGateway(StripeGateway):
    """Dies before a call takes effect, or before its answer is recorded."""

    moment = MOMENTS[0]

    @override
    async def create_intent(self, request: IntentRequest) -> Intent:
        if self.moment != MOMENTS[0]:
            await super().create_intent(request)
        raise Died

    @override
    async def create_refund(self, request: RefundRequest) -> ProviderRefund:
        if self.moment != MOMENTS[0]:
            await super().create_refund(request)
        raise Died


@asynccontextmanager
async def dying(service: Payments, moment: str) -> AsyncIterator[Payments]:
    """The same service, with a gateway at which it dies."""
    settings, translation = service.settings, Translation(service.settings.public_url)
    gateway = DyingGateway(
        settings.stripe_secret_key.get_secret_value(),
        translation,
        service.clock.now,
        api_base=settings.stripe_api_base,
        timeout=5.0,
        deadline=10.0,
    )
    gateway.moment = moment
    use_cases = use_cases_of(
        units_of_work(settings.answer_sealer).opened_on(service.engine),
        gateway,
        ChargeTokens(settings.charge_keys_pem, service.clock.now),
        StripeWebhooks(settings.stripe_webhook_secret.get_secret_value(), translation),
        service.clock,
        unpublished=PostgresUnpublishedPayments(service.engine),
        grace=timedelta(seconds=settings.unknown_after),
    )
    yield replace(service, use_cases=use_cases)
    await gateway.close()


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_start_that_died_goes_on_with_one_intent(desk: Desk, service: Payments, moment: str) -> None:
    owed = Owed()
    headers = {**desk.people.signed_in(owed.user_id), "Idempotency-Key": "one"}
    body = {"charge_token": desk.people.charge_token(owed)}
    async with dying(service, moment) as dead:
        transport = httpx.ASGITransport(payment_app(dead), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://payment") as client:
            assert (await client.post("/api/v1/payments", json=body, headers=headers)).status_code == 500
    waiting = await desk.client.post("/api/v1/payments", json=body, headers=headers)
    assert waiting.json()["type"] == "/problems/request-in-flight", "nobody knows yet that it died"
    await desk.run("UPDATE idempotency_keys SET claimed_until = now()")
    answer = await desk.client.post("/api/v1/payments", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    assert len(await desk.intents()) == 1
    assert await desk.published(answer.json()["id"]) == ["requested"]


@pytest.mark.parametrize("moment", MOMENTS)
async def test_the_worker_finishes_what_a_dead_process_began(desk: Desk, service: Payments, moment: str) -> None:
    owed = Owed()
    headers = {**desk.people.signed_in(owed.user_id), "Idempotency-Key": "one"}
    async with dying(service, moment) as dead:
        transport = httpx.ASGITransport(payment_app(dead), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://payment") as client:
            body = {"charge_token": desk.people.charge_token(owed)}
            await client.post("/api/v1/payments", json=body, headers=headers)
    await desk.all_due()
    await service.use_cases.reconcile_payments(ReconcilePayments())
    assert len(await desk.intents()) == 1
    assert [row["stage"] for row in await desk.rows("SELECT stage FROM payments")] == ["requested"]
    assert (await desk.started(owed))["client_secret"]


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_refund_that_died_is_made_once(desk: Desk, browser: Browser, service: Payments, moment: str) -> None:
    await desk.knob("POST", "/knobs", {"webhook_drop_next": 0})
    owed = Owed()
    payment = await paid(desk, browser, owed)
    await follow(service, amounts_due(owed, 1250))
    await desk.knob("POST", "/knobs", {"webhook_drop_next": 100})
    async with dying(service, moment) as dead:
        with pytest.raises(Died):
            await dead.use_cases.send_refunds(SendRefunds())
    await desk.all_due()
    await send(service)
    assert (await desk.published(payment["id"]))[-1] == "refunded"
    assert [refund["amount"] for refund in await desk.provider_refunds()] == [1250]
