"""Wires settings, adapters and use cases: the only file that knows everyone."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import httpx
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from notification_service.adapters.auth.contacts import AuthContacts
from notification_service.adapters.crypto.secrets import RandomSecrets
from notification_service.adapters.kafka.consumers import GROUPS, LOGINS, all_handlers
from notification_service.adapters.postgres.rooms import PostgresRoomLog
from notification_service.adapters.postgres.unit_of_work import announcing, postgres_work, work_on
from notification_service.adapters.redis.fan_out import RedisAnnouncements, RedisAnnouncer, connect
from notification_service.adapters.smtp.sender import SmtpMailSender
from notification_service.adapters.traces import following
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
from parking_chassis.access_tokens import AccessTokenVerifier, PublishedKeys
from parking_chassis.clock import SystemClock
from parking_chassis.ended_logins import note_ended_logins
from parking_chassis.http_client import http_client
from parking_chassis.ids import new_id
from parking_chassis.revocations import EndedLogins
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

__all__ = ["GROUPS", "SERVICE", "Notification", "UseCases", "bootstrap"]

SERVICE = "notification"


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
    clock: Clock
    engine: AsyncEngine
    redis: Redis
    http: httpx.AsyncClient
    room_log: RoomLog
    announcer: RedisAnnouncer
    announcements: RedisAnnouncements
    token_verifier: AccessTokenVerifier
    ended_logins: EndedLogins


def bootstrap(settings: NotificationSettings) -> Notification:
    """Wire everything. Nothing connects before it is used."""
    crash_points.arm(settings.crash_points, SERVICE)
    clock = SystemClock()
    engine = service_engine(settings, SERVICE)
    redis, http = connect(settings.redis_url), http_client(5.0)
    ended_logins = EndedLogins(engine)
    return Notification(
        settings=settings,
        use_cases=_use_cases(settings, engine, http, clock),
        clock=clock,
        engine=engine,
        redis=redis,
        http=http,
        room_log=PostgresRoomLog(engine),
        announcer=RedisAnnouncer(redis),
        announcements=RedisAnnouncements(redis),
        token_verifier=token_verifier(settings, PublishedKeys(http, settings.jwks_url), ended_logins),
        ended_logins=ended_logins,
    )


def resources(notification: Notification) -> AbstractAsyncContextManager[None]:
    """What is open while a process runs."""
    return open_resources(notification.engine, notification.http.aclose, notification.redis.aclose)


def outbox_relay(settings: NotificationSettings) -> Relay:
    """What publishes the outbox."""
    return postgres_relay(settings=RelaySettings(SERVICE), database_url=settings.relay_url, kafka=_kafka(settings))


async def make_topics(settings: NotificationSettings) -> None:
    """Make the topics that notification owns. Raises `ConnectionError` with what is wrong."""
    await kafka_topics.make_topics(
        _kafka(settings), SERVICE, groups=GROUPS, replication_factor=settings.topic_replication_factor
    )


def topic_watch(settings: NotificationSettings) -> TopicWatch:
    """What reports topics whose settings are not those of the catalogue."""
    return kafka_topics.topic_watch(
        _kafka(settings), SERVICE, groups=GROUPS, replication_factor=settings.topic_replication_factor
    )


def consumers(notification: Notification) -> dict[str, Consumer[AsyncConnection]]:
    """What takes other services' events in, by group."""
    begin = announcing(notification.engine, notification.announcer.announce)
    return kafka_consumers(_handlers(notification.clock), begin, _kafka(notification.settings))


def replayers(notification: Notification) -> dict[str, Replayer[AsyncConnection]]:
    """What applies dead letters again, by group. Rooms hear of it by the poll."""
    return postgres_replayers(_handlers(notification.clock), notification.engine.begin)


def _handlers(clock: Clock) -> dict[str, Handlers[AsyncConnection]]:
    handlers = all_handlers(work_on, TellOccasionsHandler(clock, new_id))
    return {**handlers, LOGINS: login_handlers(note_ended_logins)}


def _kafka(settings: NotificationSettings) -> KafkaConnection:
    return KafkaConnection(**settings.kafka, client_id=SERVICE)


def _use_cases(settings: NotificationSettings, engine: AsyncEngine, http: httpx.AsyncClient, clock: Clock) -> UseCases:
    work, secrets = postgres_work(engine), RandomSecrets()
    contacts = AuthContacts(http, settings.auth_url, settings.internal_token.get_secret_value())
    return UseCases(
        send_mails=SendMailsHandler(work, contacts, _mail_sender(settings), clock, following),
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
