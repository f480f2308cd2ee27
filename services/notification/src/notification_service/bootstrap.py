"""Wires settings, adapters and use cases: the only file that knows everyone."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
from prometheus_client import REGISTRY
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from notification_service.adapters.auth.contacts import AuthContacts
from notification_service.adapters.crypto.secrets import RandomSecrets
from notification_service.adapters.kafka.consumers import GROUPS, all_handlers
from notification_service.adapters.postgres.rooms import PostgresRoomLog
from notification_service.adapters.postgres.unit_of_work import announcing, postgres_work, work_on
from notification_service.adapters.redis.fan_out import RedisAnnouncements, RedisAnnouncer, connect
from notification_service.adapters.smtp.sender import SmtpMailSender
from notification_service.application.commands.forget_old import ForgetOldHandler
from notification_service.application.commands.issue_ticket import IssueTicketHandler
from notification_service.application.commands.mark_read import MarkReadHandler
from notification_service.application.commands.send_mails import SendMailsHandler
from notification_service.application.commands.use_ticket import UseTicketHandler
from notification_service.application.event_handlers.tell_occasions import TellOccasionsHandler
from notification_service.application.ports import RoomLog
from notification_service.application.queries.enter_room import EnterRoomHandler
from notification_service.application.queries.list_notifications import ListNotificationsHandler
from notification_service.settings import NotificationSettings
from parking_chassis.access_tokens import AccessTokenVerifier, PublishedKeys, SharedSecret
from parking_chassis.clock import SystemClock
from parking_chassis.database import PoolSettings, create_engine
from parking_chassis.ids import new_id
from parking_chassis.metrics import watch_pool
from parking_chassis.telemetry import trace_engine
from parking_messaging.adapters import kafka_topics
from parking_messaging.adapters.kafka_connection import KafkaConnection
from parking_messaging.adapters.postgres_inbox import PostgresInbox
from parking_messaging.consumer import Consumer
from parking_messaging.handlers import Handlers
from parking_messaging.relay import Relay, RelaySettings
from parking_messaging.replay import Replayer
from parking_messaging.wiring import kafka_consumer, postgres_relay

SERVICE = "notification"

__all__ = ["GROUPS", "SERVICE", "Notification", "UseCases", "bootstrap"]


@dataclass(frozen=True, slots=True)
class UseCases:
    """Everything that can be asked of this service."""

    send_mails: SendMailsHandler
    mark_read: MarkReadHandler
    issue_ticket: IssueTicketHandler
    use_ticket: UseTicketHandler
    forget_old: ForgetOldHandler
    list_notifications: ListNotificationsHandler
    enter_room: EnterRoomHandler


@dataclass(frozen=True, slots=True)
class Notification:
    """The wired service."""

    settings: NotificationSettings
    use_cases: UseCases
    engine: AsyncEngine
    redis: Redis
    http: httpx.AsyncClient
    room_log: RoomLog
    announcer: RedisAnnouncer
    announcements: RedisAnnouncements
    token_verifier: AccessTokenVerifier


def bootstrap(settings: NotificationSettings) -> Notification:
    """Wire everything. Nothing connects before it is used."""
    pool = PoolSettings(settings.pool_size, settings.max_overflow, settings.pool_recycle, settings.pool_timeout)
    engine = create_engine(str(settings.database_url), SERVICE, pool)
    trace_engine(engine)
    redis, http = connect(settings.redis_url), httpx.AsyncClient(timeout=5.0)
    secret = settings.token_shared_secret
    verifier = AccessTokenVerifier(
        SharedSecret(secret.get_secret_value()) if secret else PublishedKeys(http, settings.jwks_url),
        issuer=settings.token_issuer,
        audience=settings.token_audience,
        algorithms=settings.token_algorithms,
    )
    return Notification(
        settings=settings,
        use_cases=_use_cases(settings, engine, http),
        engine=engine,
        redis=redis,
        http=http,
        room_log=PostgresRoomLog(engine),
        announcer=RedisAnnouncer(redis),
        announcements=RedisAnnouncements(redis),
        token_verifier=verifier,
    )


@asynccontextmanager
async def resources(notification: Notification) -> AsyncGenerator[None]:
    """What is open while a process runs."""
    pool = watch_pool(notification.engine)
    try:
        yield
    finally:
        REGISTRY.unregister(pool)
        await notification.http.aclose()
        await notification.redis.aclose()
        await notification.engine.dispose()


def outbox_relay(settings: NotificationSettings) -> Relay:
    """What publishes the outbox."""
    return postgres_relay(
        settings=RelaySettings(service=SERVICE), database_url=str(settings.database_url), kafka=_kafka(settings)
    )


async def make_topics(settings: NotificationSettings) -> None:
    """Make the topics that notification owns. Raises `ConnectionError` with what is wrong."""
    await kafka_topics.make_topics(
        _kafka(settings), "notification", groups=GROUPS, replication_factor=settings.topic_replication_factor
    )


def consumers(notification: Notification) -> dict[str, Consumer[AsyncConnection]]:
    """What takes other services' events in, by group."""
    kafka = _kafka(notification.settings)
    begin = announcing(notification.engine, notification.announcer.announce)
    return {
        group: kafka_consumer(group=group, handlers=handlers, transactions=begin, kafka=kafka)
        for group, handlers in _handlers().items()
    }


def replayers(notification: Notification) -> dict[str, Replayer[AsyncConnection]]:
    """What applies dead letters again, by group. Rooms hear of it by the poll."""
    inbox = PostgresInbox()
    return {
        group: Replayer(group=group, handlers=handlers, transactions=notification.engine.begin, inbox=inbox)
        for group, handlers in _handlers().items()
    }


def _handlers() -> dict[str, Handlers[AsyncConnection]]:
    return all_handlers(work_on, TellOccasionsHandler(SystemClock(), new_id))


def _kafka(settings: NotificationSettings) -> KafkaConnection:
    return KafkaConnection(settings.kafka_bootstrap_servers, client_id=SERVICE)


def _use_cases(settings: NotificationSettings, engine: AsyncEngine, http: httpx.AsyncClient) -> UseCases:
    clock, work, secrets = SystemClock(), postgres_work(engine), RandomSecrets()
    contacts = AuthContacts(http, settings.auth_url, settings.internal_token.get_secret_value())
    return UseCases(
        send_mails=SendMailsHandler(work, contacts, _mail_sender(settings), clock),
        mark_read=MarkReadHandler(work, clock),
        issue_ticket=IssueTicketHandler(work, secrets, clock),
        use_ticket=UseTicketHandler(work, secrets, clock),
        forget_old=ForgetOldHandler(work, clock),
        list_notifications=ListNotificationsHandler(work),
        enter_room=EnterRoomHandler(work),
    )


def _mail_sender(settings: NotificationSettings) -> SmtpMailSender:
    password = settings.smtp_password
    return SmtpMailSender(
        settings.smtp_host,
        settings.smtp_port,
        settings.mail_from,
        settings.public_url,
        settings.smtp_username,
        password.get_secret_value() if password else None,
        settings.smtp_tls,
    )
