"""Wires settings, adapters and use cases: the only file that knows everyone."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import httpx
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from notification_service.adapters.auth.contacts import AuthContacts
from notification_service.adapters.postgres.rooms import PostgresRoomLog
from notification_service.adapters.postgres.unit_of_work import announcing, units_of_work
from notification_service.adapters.redis.fan_out import AnnouncementCodec, RedisAnnouncements, RedisAnnouncer, connect
from notification_service.adapters.reservation.operator_reasons import HttpOperatorReasons
from notification_service.adapters.smtp.sender import SmtpMailSender
from notification_service.adapters.traces import following
from notification_service.application.commands.explain_cancellations import ExplainCancellationsHandler
from notification_service.application.commands.issue_ticket import IssueTicketHandler
from notification_service.application.commands.mark_read import MarkReadHandler
from notification_service.application.commands.purge_old import PurgeOldHandler
from notification_service.application.commands.send_mails import SendMailsHandler
from notification_service.application.commands.use_ticket import UseTicketHandler
from notification_service.application.event_handlers.notify_users import NotifyUsersHandler
from notification_service.application.ports import OpenWork, RoomLog, Work
from notification_service.application.queries.enter_room import EnterRoomHandler
from notification_service.settings import NotificationSettings
from parking_chassis.access_tokens import AccessTokenVerifier, PublishedKeys
from parking_chassis.clock import SystemClock
from parking_chassis.http_client import http_client
from parking_chassis.ids import new_id
from parking_chassis.revocations import EndedLogins
from parking_chassis.wiring import open_resources, service_engine, token_verifier
from parking_kernel.askers import THE_SERVICE, Asker
from parking_kernel.clocks import Clock
from parking_messaging import crash_points

SERVICE = "notification"


@dataclass(frozen=True, slots=True)
class UseCases:
    """Everything that can be asked of this service."""

    send_mails: SendMailsHandler
    explain_cancellations: ExplainCancellationsHandler
    mark_read: MarkReadHandler
    issue_ticket: IssueTicketHandler
    use_ticket: UseTicketHandler
    purge_old: PurgeOldHandler
    enter_room: EnterRoomHandler


@dataclass(frozen=True, slots=True)
class Notification:
    """The wired service.

    `transactions` and `work_on` are for what consumes events: a transaction whose room events are announced once it is
    committed, and the service's own work on it.
    """

    settings: NotificationSettings
    use_cases: UseCases
    notify_users: NotifyUsersHandler
    open_work: OpenWork
    transactions: Callable[[], AbstractAsyncContextManager[AsyncConnection]]
    work_on: Callable[[AsyncConnection], AbstractAsyncContextManager[Work]]
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
    engine, units = service_engine(settings, SERVICE), units_of_work()
    open_work = units.opened_on(engine)
    redis, http = connect(settings.redis_url), http_client(5.0)
    codec, ended_logins = AnnouncementCodec(settings.internal_token.get_secret_value()), EndedLogins(engine)
    announcer = RedisAnnouncer(redis, codec)
    transactions = announcing(engine, announcer.announce)

    @asynccontextmanager
    async def announced_work(asker: Asker) -> AsyncGenerator[Work]:
        async with transactions() as connection, units.on(connection, asker) as work:
            yield work

    return Notification(
        settings=settings,
        use_cases=_use_cases(settings, open_work, announced_work, http, clock),
        notify_users=NotifyUsersHandler(clock, new_id),
        open_work=open_work,
        transactions=transactions,
        work_on=lambda connection: units.on(connection, THE_SERVICE),
        clock=clock,
        engine=engine,
        redis=redis,
        http=http,
        room_log=PostgresRoomLog(engine),
        announcer=announcer,
        announcements=RedisAnnouncements(redis, codec),
        token_verifier=token_verifier(settings, PublishedKeys(http, settings.jwks_url), ended_logins),
        ended_logins=ended_logins,
    )


def resources(notification: Notification) -> AbstractAsyncContextManager[None]:
    """What is open while a process runs."""
    return open_resources(notification.engine, notification.http.aclose, notification.redis.aclose)


def _use_cases(
    settings: NotificationSettings,
    open_work: OpenWork,
    announced_work: OpenWork,
    http: httpx.AsyncClient,
    clock: Clock,
) -> UseCases:
    """The use cases; what `announced_work` publishes in rooms is announced after its commit."""
    reasons = HttpOperatorReasons(http, settings.reservation_url, settings.reservation_token.get_secret_value())
    contacts = AuthContacts(http, settings.auth_url, settings.internal_token.get_secret_value())
    return UseCases(
        send_mails=SendMailsHandler(open_work, contacts, _mail_sender(settings), clock, following),
        explain_cancellations=ExplainCancellationsHandler(announced_work, reasons, clock, following),
        mark_read=MarkReadHandler(open_work, clock),
        issue_ticket=IssueTicketHandler(open_work, clock),
        use_ticket=UseTicketHandler(open_work, clock),
        purge_old=PurgeOldHandler(open_work, clock),
        enter_room=EnterRoomHandler(open_work),
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
