"""Wires settings, adapters and use cases: the only file that knows everyone."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import httpx
from prometheus_client.registry import REGISTRY
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

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
from reservation_service.adapters.alternatives import OncePerSecond
from reservation_service.adapters.crypto.qr_codes import qr_png, qr_svg
from reservation_service.adapters.crypto.tokens import SignedTokens
from reservation_service.adapters.kafka.consumers import (
    CATALOGUE,
    GROUPS,
    PAYMENTS,
    catalogue_handlers,
    payment_handlers,
)
from reservation_service.adapters.kafka.payment_backlog import KafkaPaymentBacklog
from reservation_service.adapters.postgres.booking_pool import BookingPool
from reservation_service.adapters.postgres.bookings import PostgresBookings
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
from reservation_service.application.event_handlers.settle_payment import SettlePaymentHandler
from reservation_service.application.ports import Alternative, Tokens, Wish
from reservation_service.application.queries.create_quote import CreateQuoteHandler
from reservation_service.application.queries.find_alternatives import FindAlternatives, FindAlternativesHandler
from reservation_service.application.queries.get_availability import GetAvailabilityHandler
from reservation_service.application.queries.get_credential import GetCredentialHandler
from reservation_service.application.queries.get_reservation import GetReservationHandler
from reservation_service.application.queries.list_reservations import ListReservationsHandler
from reservation_service.settings import ReservationSettings

SERVICE = "reservation"
REPLAYABLE = GROUPS  # whose dead letters can be replayed


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
    engine: AsyncEngine
    booking_pool: BookingPool
    http: httpx.AsyncClient
    tokens: Tokens
    token_verifier: AccessTokenVerifier

    qr_svg = staticmethod(qr_svg)
    qr_png = staticmethod(qr_png)


def bootstrap(settings: ReservationSettings) -> Reservation:
    """Wire everything. Nothing connects before it is used."""
    pool = PoolSettings(settings.pool_size, settings.max_overflow, settings.pool_recycle, settings.pool_timeout)
    engine = create_engine(str(settings.database_url), SERVICE, pool)
    trace_engine(engine)
    booking_pool = BookingPool(str(settings.database_url), settings.booking_pool_size, settings.pool_timeout)
    tokens = SignedTokens(settings.signing_key_pem)
    http = httpx.AsyncClient(timeout=2.0)
    secret = settings.token_shared_secret
    verifier = AccessTokenVerifier(
        SharedSecret(secret.get_secret_value()) if secret else PublishedKeys(http, settings.jwks_url),
        issuer=settings.token_issuer,
        audience=settings.token_audience,
        algorithms=settings.token_algorithms,
    )
    use_cases = _use_cases(settings, engine, booking_pool, tokens)
    return Reservation(settings, use_cases, engine, booking_pool, http, tokens, verifier)


@asynccontextmanager
async def resources(reservation: Reservation) -> AsyncGenerator[None]:
    """What is open while a process runs."""
    pool = watch_pool(reservation.engine)
    try:
        yield
    finally:
        REGISTRY.unregister(pool)
        await reservation.http.aclose()
        await reservation.booking_pool.close()
        await reservation.engine.dispose()


def outbox_relay(settings: ReservationSettings) -> Relay:
    """What publishes the outbox."""
    return postgres_relay(
        settings=RelaySettings(service=SERVICE), database_url=str(settings.database_url), kafka=_kafka(settings)
    )


async def make_topics(settings: ReservationSettings) -> None:
    """Make the topics that reservation owns. Raises `ConnectionError` with what is wrong."""
    await kafka_topics.make_topics(
        _kafka(settings), "reservation", groups=GROUPS, replication_factor=settings.topic_replication_factor
    )


def consumers(reservation: Reservation) -> dict[str, Consumer[AsyncConnection]]:
    """What takes other services' events in, by group."""
    kafka = _kafka(reservation.settings)
    return {
        group: kafka_consumer(group=group, handlers=handlers, transactions=reservation.engine.begin, kafka=kafka)
        for group, handlers in _handlers().items()
    }


def replayers(reservation: Reservation) -> dict[str, Replayer[AsyncConnection]]:
    """What replays dead letters, by group."""
    transactions, inbox = reservation.engine.begin, PostgresInbox()
    return {
        group: Replayer(group=group, handlers=handlers, transactions=transactions, inbox=inbox)
        for group, handlers in _handlers().items()
    }


def _handlers() -> dict[str, Handlers[AsyncConnection]]:
    settle = SettlePaymentHandler(SystemClock())
    return {CATALOGUE: catalogue_handlers(work_on), PAYMENTS: payment_handlers(work_on, settle)}


def _kafka(settings: ReservationSettings) -> KafkaConnection:
    return KafkaConnection(settings.kafka_bootstrap_servers, client_id=SERVICE)


def _use_cases(
    settings: ReservationSettings, engine: AsyncEngine, booking_pool: BookingPool, tokens: Tokens
) -> UseCases:
    clock, work = SystemClock(), postgres_work(engine)
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
        note_no_shows=NoteNoShowsHandler(work, clock),
        note_payments_seen=NotePaymentsSeenHandler(work, KafkaPaymentBacklog(_kafka(settings))),
        forget_old_answers=ForgetOldAnswersHandler(bookings),
        create_quote=CreateQuoteHandler(work, clock),
        get_availability=GetAvailabilityHandler(work),
        get_reservation=GetReservationHandler(work, tokens, clock),
        get_credential=GetCredentialHandler(work, tokens),
        list_reservations=ListReservationsHandler(work),
    )
