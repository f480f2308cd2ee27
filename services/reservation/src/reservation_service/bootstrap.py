"""Wires settings, adapters and use cases: the only file that knows everyone."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import httpx
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from parking_chassis.access_tokens import AccessTokenVerifier, PublishedKeys
from parking_chassis.clock import SYSTEM_CLOCK
from parking_chassis.ended_logins import note_ended_logins
from parking_chassis.http_client import http_client
from parking_chassis.ids import new_id
from parking_chassis.process import OneByOne
from parking_chassis.revocations import EndedLogins
from parking_chassis.wiring import open_resources, service_engine, token_verifier
from parking_kernel.clocks import Clock
from parking_kernel.pauses import GrowingPause
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
from reservation_service.adapters.alternatives import OncePerSecond
from reservation_service.adapters.crypto.qr_codes import qr_png, qr_svg
from reservation_service.adapters.crypto.tokens import SignedTokens
from reservation_service.adapters.kafka.consumers import (
    CATALOGUE,
    GROUPS,
    LOGINS,
    PAYMENTS,
    catalogue_handlers,
    payment_handlers,
)
from reservation_service.adapters.kafka.payment_backlog import KafkaPaymentBacklog
from reservation_service.adapters.payment.outbox import HttpPaymentOutbox
from reservation_service.adapters.postgres.booking_pool import BookingPool
from reservation_service.adapters.postgres.bookings import PostgresBookings
from reservation_service.adapters.postgres.partitions import ReservationPartitions
from reservation_service.adapters.postgres.unit_of_work import postgres_work, work_on
from reservation_service.adapters.turns import FairTurns
from reservation_service.application.commands.cancel_reservation import CancelReservationHandler
from reservation_service.application.commands.check_in import CheckInHandler
from reservation_service.application.commands.check_out import CheckOutHandler
from reservation_service.application.commands.expire_holds import ExpireHoldsHandler
from reservation_service.application.commands.forget_old_answers import ForgetOldAnswersHandler
from reservation_service.application.commands.note_no_shows import NoteNoShowsHandler
from reservation_service.application.commands.note_payments_seen import NotePaymentsSeenHandler
from reservation_service.application.commands.reserve_spot import ReserveSpotHandler
from reservation_service.application.event_handlers.follow_refunds import FollowRefundsHandler
from reservation_service.application.event_handlers.settle_payments import SettlePaymentsHandler
from reservation_service.application.ports import Alternative, PaymentOutbox, Tokens, Wish
from reservation_service.application.queries.create_quote import CreateQuoteHandler
from reservation_service.application.queries.find_alternatives import FindAlternatives, FindAlternativesHandler
from reservation_service.application.queries.get_availability import GetAvailabilityHandler
from reservation_service.application.queries.get_credential import GetCredentialHandler
from reservation_service.application.queries.get_reservation import GetReservationHandler
from reservation_service.application.queries.list_reservations import ListReservationsHandler
from reservation_service.settings import ReservationSettings

__all__ = ["GROUPS", "SERVICE", "Reservation", "UseCases", "bootstrap"]

SERVICE = "reservation"
NO_SHOW_PAUSE: Final = GrowingPause(first=timedelta(seconds=30), longest=timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class UseCases:
    """Everything that can be asked of this service."""

    reserve_spot: ReserveSpotHandler
    cancel_reservation: CancelReservationHandler
    check_in: CheckInHandler
    check_out: CheckOutHandler
    expire_holds: ExpireHoldsHandler
    note_no_shows: NoteNoShowsHandler
    note_payments_seen: NotePaymentsSeenHandler
    forget_old_answers: ForgetOldAnswersHandler
    create_quote: CreateQuoteHandler
    get_availability: GetAvailabilityHandler
    get_reservation: GetReservationHandler
    get_credential: GetCredentialHandler
    list_reservations: ListReservationsHandler


@dataclass(frozen=True, slots=True)
class Reservation:
    """The wired service."""

    settings: ReservationSettings
    use_cases: UseCases
    clock: Clock
    engine: AsyncEngine
    booking_pool: BookingPool
    http: httpx.AsyncClient
    tokens: Tokens
    token_verifier: AccessTokenVerifier
    partitions: ReservationPartitions

    qr_svg = staticmethod(qr_svg)
    qr_png = staticmethod(qr_png)


def bootstrap(settings: ReservationSettings, *, clock: Clock = SYSTEM_CLOCK) -> Reservation:
    """Wire everything. Nothing connects before it is used."""
    crash_points.arm(settings.crash_points, SERVICE)
    engine = service_engine(settings, SERVICE)
    booking_pool = BookingPool(
        str(settings.database_url),
        settings.booking_pool_size,
        settings.pool_timeout,
        statement_timeout=settings.statement_timeout,
    )
    tokens = SignedTokens(settings.signing_key_pem)
    http = http_client(2.0)
    verifier = token_verifier(settings, PublishedKeys(http, settings.jwks_url), EndedLogins(engine))
    outbox = HttpPaymentOutbox(http, settings.payment_url, settings.internal_token.get_secret_value())
    use_cases = _use_cases(settings, engine, booking_pool, tokens, clock, outbox)
    partitions = ReservationPartitions(engine)
    return Reservation(settings, use_cases, clock, engine, booking_pool, http, tokens, verifier, partitions)


def resources(reservation: Reservation) -> AbstractAsyncContextManager[None]:
    """What is open while a process runs."""
    booking = reservation.booking_pool
    return open_resources(reservation.engine, reservation.http.aclose, booking.close, booking=booking.connections)


def outbox_relay(settings: ReservationSettings) -> Relay:
    """What publishes the outbox."""
    return postgres_relay(settings=RelaySettings(SERVICE), database_url=settings.relay_url, kafka=_kafka(settings))


async def make_partitions(settings: ReservationSettings) -> None:
    """Make the partitions of the reservations that are missing."""
    engine = service_engine(settings, SERVICE)
    try:
        await ReservationPartitions(engine).make()
    finally:
        await engine.dispose()


async def make_topics(settings: ReservationSettings) -> None:
    """Make the topics that reservation owns. Raises `ConnectionError` with what is wrong."""
    await kafka_topics.make_topics(
        _kafka(settings), SERVICE, groups=GROUPS, replication_factor=settings.topic_replication_factor
    )


def topic_watch(settings: ReservationSettings) -> TopicWatch:
    """What reports topics whose settings are not those of the catalogue."""
    return kafka_topics.topic_watch(
        _kafka(settings), SERVICE, groups=GROUPS, replication_factor=settings.topic_replication_factor
    )


def consumers(reservation: Reservation) -> dict[str, Consumer[AsyncConnection]]:
    """What takes other services' events in, by group."""
    return kafka_consumers(_handlers(reservation.clock), reservation.engine.begin, _kafka(reservation.settings))


def replayers(reservation: Reservation) -> dict[str, Replayer[AsyncConnection]]:
    """What replays dead letters, by group."""
    return postgres_replayers(_handlers(reservation.clock), reservation.engine.begin)


def _handlers(clock: Clock) -> dict[str, Handlers[AsyncConnection]]:
    return {
        CATALOGUE: catalogue_handlers(work_on),
        PAYMENTS: payment_handlers(work_on, SettlePaymentsHandler(clock), FollowRefundsHandler(clock)),
        LOGINS: login_handlers(note_ended_logins),
    }


def _kafka(settings: ReservationSettings) -> KafkaConnection:
    return KafkaConnection(**settings.kafka, client_id=SERVICE)


def _use_cases(
    settings: ReservationSettings,
    engine: AsyncEngine,
    booking_pool: BookingPool,
    tokens: Tokens,
    clock: Clock,
    outbox: PaymentOutbox,
) -> UseCases:
    work = postgres_work(engine)
    opens_before = timedelta(seconds=settings.check_in_opens_before)
    bookings = PostgresBookings(booking_pool)
    expire_holds = ExpireHoldsHandler(work)
    alternatives = FindAlternativesHandler(work)

    async def find_alternatives(wish: Wish) -> Sequence[Alternative]:
        return await alternatives(FindAlternatives(wish))

    return UseCases(
        reserve_spot=ReserveSpotHandler(
            bookings,
            expire_holds,
            OncePerSecond(find_alternatives),
            FairTurns(settings.booking_pool_size, settings.pool_timeout),
            tokens,
            new_id,
        ),
        cancel_reservation=CancelReservationHandler(work, clock),
        check_in=CheckInHandler(work, tokens, clock, new_id, opens_before),
        check_out=CheckOutHandler(work, tokens, clock, new_id),
        expire_holds=expire_holds,
        note_no_shows=NoteNoShowsHandler(work, clock, OneByOne("no_shows", NO_SHOW_PAUSE)),
        note_payments_seen=NotePaymentsSeenHandler(work, outbox, KafkaPaymentBacklog(_kafka(settings))),
        forget_old_answers=ForgetOldAnswersHandler(bookings),
        create_quote=CreateQuoteHandler(work, clock),
        get_availability=GetAvailabilityHandler(bookings, clock),
        get_reservation=GetReservationHandler(work, tokens, clock),
        get_credential=GetCredentialHandler(work, tokens),
        list_reservations=ListReservationsHandler(work),
    )
