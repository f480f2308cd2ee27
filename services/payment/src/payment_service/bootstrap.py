"""Wires settings, adapters and use cases: the only file that knows everyone."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import httpx
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from parking_chassis.access_tokens import AccessTokenVerifier, PublishedKeys
from parking_chassis.clock import SYSTEM_CLOCK
from parking_chassis.http_client import http_client
from parking_chassis.ids import new_id
from parking_chassis.process import OneByOne
from parking_chassis.revocations import EndedLogins
from parking_chassis.schedules import Scheduled
from parking_chassis.wiring import open_resources, service_engine, token_verifier
from parking_kernel.askers import THE_SERVICE
from parking_kernel.clocks import Clock
from parking_kernel.pauses import GrowingPause
from parking_messaging import crash_points
from payment_service.adapters.crypto.charge_tokens import ChargeTokens
from payment_service.adapters.postgres.figures import PostgresFigures
from payment_service.adapters.postgres.tables import schedules
from payment_service.adapters.postgres.unit_of_work import units_of_work
from payment_service.adapters.postgres.unpublished import PostgresUnpublishedPayments
from payment_service.adapters.stripe.gateway import StripeGateway
from payment_service.adapters.stripe.objects import Translation
from payment_service.adapters.stripe.webhooks import StripeWebhooks
from payment_service.application.commands.audit_everything import AuditEverythingHandler
from payment_service.application.commands.close_parked import CloseParkedHandler
from payment_service.application.commands.close_settled import CloseSettledHandler
from payment_service.application.commands.compare_with_provider import CompareWithProviderHandler
from payment_service.application.commands.create_intent import CreateIntentHandler
from payment_service.application.commands.decide_refund_orders import DecideRefundOrdersHandler
from payment_service.application.commands.purge_old import PurgeOldHandler
from payment_service.application.commands.reconcile_payments import ReconcilePaymentsHandler
from payment_service.application.commands.request_refund import RequestRefundHandler
from payment_service.application.commands.send_refunds import SendRefundsHandler
from payment_service.application.commands.start_payment import StartPaymentHandler
from payment_service.application.commands.sum_up_captured import SumUpCapturedHandler
from payment_service.application.commands.take_webhook import TakeWebhookHandler
from payment_service.application.ports import (
    OpenWork,
    PaymentGateway,
    ReadChargeToken,
    ReadWebhook,
    UnpublishedPayments,
    Work,
)
from payment_service.application.queries.count_unsettled import CountUnsettledHandler
from payment_service.application.queries.find_unsettled_orders import FindUnsettledOrdersHandler
from payment_service.application.queries.find_unsettled_payments import FindUnsettledPaymentsHandler
from payment_service.application.queries.get_payment import GetPaymentHandler
from payment_service.application.queries.list_payments import ListPaymentsHandler
from payment_service.application.queries.look_into_outbox import LookIntoOutboxHandler
from payment_service.settings import PaymentSettings

SERVICE = "payment"
ORDERS_PAUSE = GrowingPause(first=timedelta(seconds=30), longest=timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class UseCases:
    """Everything that can be asked of this service."""

    start_payment: StartPaymentHandler
    request_refund: RequestRefundHandler
    take_webhook: TakeWebhookHandler
    send_refunds: SendRefundsHandler
    decide_refund_orders: DecideRefundOrdersHandler
    reconcile_payments: ReconcilePaymentsHandler
    compare_with_provider: CompareWithProviderHandler
    close_settled: CloseSettledHandler
    close_parked: CloseParkedHandler
    audit_everything: AuditEverythingHandler
    sum_up_captured: SumUpCapturedHandler
    purge_old: PurgeOldHandler
    get_payment: GetPaymentHandler
    list_payments: ListPaymentsHandler
    count_unsettled: CountUnsettledHandler
    find_unsettled_payments: FindUnsettledPaymentsHandler
    find_unsettled_orders: FindUnsettledOrdersHandler
    look_into_outbox: LookIntoOutboxHandler


@dataclass(frozen=True, slots=True)
class Payments:
    """The wired service."""

    settings: PaymentSettings
    use_cases: UseCases
    open_work: OpenWork
    figures: PostgresFigures
    work_on: Callable[[AsyncConnection], AbstractAsyncContextManager[Work]]
    clock: Clock
    engine: AsyncEngine
    http: httpx.AsyncClient
    gateway: StripeGateway
    token_verifier: AccessTokenVerifier


def bootstrap(settings: PaymentSettings, *, clock: Clock = SYSTEM_CLOCK) -> Payments:
    """Wire everything. Nothing connects before it is used."""
    crash_points.arm(settings.crash_points, SERVICE)
    engine = service_engine(settings, SERVICE)
    translation = Translation(settings.public_url)
    gateway = StripeGateway(
        settings.stripe_secret_key.get_secret_value(),
        translation,
        clock.now,
        api_base=settings.stripe_api_base,
        timeout=settings.stripe_timeout,
        deadline=settings.stripe_deadline,
    )
    http = http_client(2.0)
    verifier = token_verifier(settings, PublishedKeys(http, settings.jwks_url), EndedLogins(engine))
    units = units_of_work(settings.answer_sealer)
    open_work = units.opened_on(engine)
    use_cases = use_cases_of(
        open_work,
        gateway,
        ChargeTokens(settings.charge_keys_pem, clock.now),
        StripeWebhooks(settings.stripe_webhook_secret.get_secret_value(), translation),
        clock,
        unpublished=PostgresUnpublishedPayments(engine),
        grace=timedelta(seconds=settings.unknown_after),
    )
    return Payments(
        settings,
        use_cases,
        open_work,
        PostgresFigures(engine),
        partial(units.on, asker=THE_SERVICE),
        clock,
        engine,
        http,
        gateway,
        verifier,
    )


def resources(service: Payments) -> AbstractAsyncContextManager[None]:
    """What is open while a process runs."""
    return open_resources(service.engine, service.http.aclose, service.gateway.close)


def daily(service: Payments, name: str, action: Callable[[], Awaitable[object]]) -> Scheduled:
    """Has an action run once a day in the whole service, and after a failure again in ten minutes."""
    return Scheduled(service.engine, schedules, name, timedelta(days=1), timedelta(minutes=10), action)


def use_cases_of(
    work: OpenWork,
    gateway: PaymentGateway,
    read_charge_token: ReadChargeToken,
    read_webhook: ReadWebhook,
    clock: Clock,
    *,
    unpublished: UnpublishedPayments,
    grace: timedelta,
) -> UseCases:
    """The use cases over any adapters."""
    create_intent = CreateIntentHandler(work, gateway, clock)
    return UseCases(
        start_payment=StartPaymentHandler(work, create_intent, read_charge_token, clock, new_id, grace),
        request_refund=RequestRefundHandler(work, clock, new_id),
        take_webhook=TakeWebhookHandler(work, read_webhook, clock),
        send_refunds=SendRefundsHandler(work, gateway, clock, grace),
        decide_refund_orders=DecideRefundOrdersHandler(work, clock, OneByOne("refund_orders", ORDERS_PAUSE)),
        reconcile_payments=ReconcilePaymentsHandler(work, gateway, create_intent, clock, grace),
        compare_with_provider=CompareWithProviderHandler(work, gateway, clock, grace),
        close_settled=CloseSettledHandler(work),
        close_parked=CloseParkedHandler(work, clock),
        audit_everything=AuditEverythingHandler(work),
        sum_up_captured=SumUpCapturedHandler(work),
        purge_old=PurgeOldHandler(work),
        get_payment=GetPaymentHandler(work),
        list_payments=ListPaymentsHandler(work),
        count_unsettled=CountUnsettledHandler(work, clock),
        find_unsettled_payments=FindUnsettledPaymentsHandler(work, clock),
        find_unsettled_orders=FindUnsettledOrdersHandler(work, clock),
        look_into_outbox=LookIntoOutboxHandler(unpublished, asyncio.sleep),
    )
