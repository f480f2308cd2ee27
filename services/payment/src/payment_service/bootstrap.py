"""Wires settings, adapters and use cases: the only file that knows everyone."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta

import httpx
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from parking_chassis.access_tokens import AccessTokenVerifier, PublishedKeys
from parking_chassis.clock import SYSTEM_CLOCK
from parking_chassis.ended_logins import note_ended_logins
from parking_chassis.http_client import http_client
from parking_chassis.ids import new_id
from parking_chassis.revocations import EndedLogins
from parking_chassis.schedules import Scheduled
from parking_chassis.wiring import open_resources, service_engine, token_verifier
from parking_kernel.clocks import Clock
from parking_messaging import crash_points
from parking_messaging.adapters import kafka_topics
from parking_messaging.adapters.kafka_connection import KafkaConnection
from parking_messaging.adapters.topic_settings import TopicWatch
from parking_messaging.consumer import Consumer
from parking_messaging.ended_logins import login_handlers
from parking_messaging.handlers import Handlers
from parking_messaging.relay import Relay, RelaySettings
from parking_messaging.replay import Replayer
from parking_messaging.wiring import kafka_consumers, postgres_relay, postgres_replayers
from payment_service.adapters.crypto.charge_tokens import ChargeTokens
from payment_service.adapters.kafka.consumers import GROUPS, LOGINS, RESERVATIONS, reservation_handlers
from payment_service.adapters.postgres.tables import schedules
from payment_service.adapters.postgres.unit_of_work import postgres_work, work_on
from payment_service.adapters.postgres.unpublished import PostgresUnpublishedPayments
from payment_service.adapters.stripe.gateway import StripeGateway
from payment_service.adapters.stripe.objects import Translation
from payment_service.adapters.stripe.webhooks import StripeWebhooks
from payment_service.application.commands.compare_with_provider import CompareWithProviderHandler
from payment_service.application.commands.create_intent import CreateIntentHandler
from payment_service.application.commands.decide_refund_orders import DecideRefundOrdersHandler
from payment_service.application.commands.forget_old import ForgetOldHandler
from payment_service.application.commands.look_after_payments import LookAfterPaymentsHandler
from payment_service.application.commands.request_refund import RequestRefundHandler
from payment_service.application.commands.send_refunds import SendRefundsHandler
from payment_service.application.commands.start_payment import StartPaymentHandler
from payment_service.application.commands.take_webhook import TakeWebhookHandler
from payment_service.application.event_handlers.follow_reservations import FollowReservationsHandler
from payment_service.application.ports import (
    OpenWork,
    PaymentGateway,
    ReadChargeToken,
    ReadWebhook,
    UnpublishedPayments,
)
from payment_service.application.queries.count_stuck_refunds import CountStuckRefundsHandler
from payment_service.application.queries.find_unsettled_orders import FindUnsettledOrdersHandler
from payment_service.application.queries.find_unsettled_payments import FindUnsettledPaymentsHandler
from payment_service.application.queries.get_payment import GetPaymentHandler
from payment_service.application.queries.list_payments import ListPaymentsHandler
from payment_service.application.queries.look_into_outbox import LookIntoOutboxHandler
from payment_service.application.queries.sum_captured import SumCapturedHandler
from payment_service.settings import PaymentSettings

__all__ = ["GROUPS", "SERVICE", "Payments", "UseCases", "bootstrap"]

SERVICE = "payment"


@dataclass(frozen=True, slots=True)
class UseCases:
    """Everything that can be asked of this service."""

    start_payment: StartPaymentHandler
    request_refund: RequestRefundHandler
    take_webhook: TakeWebhookHandler
    send_refunds: SendRefundsHandler
    decide_refund_orders: DecideRefundOrdersHandler
    look_after_payments: LookAfterPaymentsHandler
    compare_with_provider: CompareWithProviderHandler
    forget_old: ForgetOldHandler
    get_payment: GetPaymentHandler
    list_payments: ListPaymentsHandler
    find_unsettled_payments: FindUnsettledPaymentsHandler
    find_unsettled_orders: FindUnsettledOrdersHandler
    count_stuck_refunds: CountStuckRefundsHandler
    sum_captured: SumCapturedHandler
    look_into_outbox: LookIntoOutboxHandler


@dataclass(frozen=True, slots=True)
class Payments:
    """The wired service."""

    settings: PaymentSettings
    use_cases: UseCases
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
    use_cases = use_cases_of(
        postgres_work(engine),
        gateway,
        ChargeTokens(settings.charge_key_pem, clock.now),
        StripeWebhooks(settings.stripe_webhook_secret.get_secret_value(), translation),
        clock,
        unpublished=PostgresUnpublishedPayments(engine),
        grace=timedelta(seconds=settings.unknown_after),
    )
    return Payments(settings, use_cases, clock, engine, http, gateway, verifier)


def resources(service: Payments) -> AbstractAsyncContextManager[None]:
    """What is open while a process runs."""
    return open_resources(service.engine, service.http.aclose, service.gateway.close)


def outbox_relay(settings: PaymentSettings) -> Relay:
    """What publishes the outbox."""
    return postgres_relay(
        settings=RelaySettings(SERVICE), database_url=settings.relay_url, kafka=_kafka(settings), notes_refusals=True
    )


async def make_topics(settings: PaymentSettings) -> None:
    """Make the topics that payment owns. Raises `ConnectionError` with what is wrong."""
    await kafka_topics.make_topics(
        _kafka(settings), SERVICE, groups=GROUPS, replication_factor=settings.topic_replication_factor
    )


def topic_watch(settings: PaymentSettings) -> TopicWatch:
    """What reports topics whose settings are not those of the catalogue."""
    return kafka_topics.topic_watch(
        _kafka(settings), SERVICE, groups=GROUPS, replication_factor=settings.topic_replication_factor
    )


def consumers(service: Payments) -> dict[str, Consumer[AsyncConnection]]:
    """What takes other services' events in, by group."""
    return kafka_consumers(_handlers(service.clock), service.engine.begin, _kafka(service.settings))


def replayers(service: Payments) -> dict[str, Replayer[AsyncConnection]]:
    """What replays dead letters, by group."""
    return postgres_replayers(_handlers(service.clock), service.engine.begin)


def comparison_schedule(service: Payments, compare: Callable[[], Awaitable[object]]) -> Scheduled:
    """Has the comparison run once a day in the whole service, and after a failure again in ten minutes."""
    period, retry = timedelta(days=1), timedelta(minutes=10)
    return Scheduled(service.engine, schedules, "comparison_with_provider", period, retry, compare)


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
        decide_refund_orders=DecideRefundOrdersHandler(work, clock),
        look_after_payments=LookAfterPaymentsHandler(work, gateway, create_intent, clock, grace),
        compare_with_provider=CompareWithProviderHandler(work, gateway, clock, grace),
        forget_old=ForgetOldHandler(work),
        get_payment=GetPaymentHandler(work),
        list_payments=ListPaymentsHandler(work),
        find_unsettled_payments=FindUnsettledPaymentsHandler(work, clock),
        find_unsettled_orders=FindUnsettledOrdersHandler(work, clock),
        count_stuck_refunds=CountStuckRefundsHandler(work),
        sum_captured=SumCapturedHandler(work),
        look_into_outbox=LookIntoOutboxHandler(unpublished, asyncio.sleep),
    )


def _handlers(clock: Clock) -> dict[str, Handlers[AsyncConnection]]:
    return {
        RESERVATIONS: reservation_handlers(work_on, FollowReservationsHandler(clock)),
        LOGINS: login_handlers(note_ended_logins),
    }


def _kafka(settings: PaymentSettings) -> KafkaConnection:
    return KafkaConnection(**settings.kafka, client_id=SERVICE)
