"""Wires settings, adapters and use cases: the only file that knows everyone."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

import httpx
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from parking_chassis.access_tokens import AccessTokenVerifier, PublishedKeys
from parking_chassis.clock import SYSTEM_CLOCK
from parking_chassis.http_client import http_client
from parking_chassis.ids import new_id
from parking_chassis.process import OneByOne
from parking_chassis.revocations import EndedLogins
from parking_chassis.wiring import open_resources, service_engine, token_verifier
from parking_kernel.askers import THE_SERVICE
from parking_kernel.clocks import Clock
from parking_kernel.pauses import GrowingPause
from parking_kernel.repeatable import Answer, purge_answers
from parking_messaging import crash_points
from parking_messaging.adapters.kafka_connection import KafkaConnection
from reservation_service.adapters.alternatives import OncePerSecond
from reservation_service.adapters.crypto.key_rotation import STEPS, NothingToDo, rotated
from reservation_service.adapters.crypto.qr_codes import qr_png, qr_svg
from reservation_service.adapters.crypto.tokens import SignedTokens
from reservation_service.adapters.kafka.payment_backlog import KafkaPaymentBacklog
from reservation_service.adapters.payment.outbox import HttpPaymentOutbox
from reservation_service.adapters.postgres.booking_pool import BookingPool
from reservation_service.adapters.postgres.bookings import PostgresBookings
from reservation_service.adapters.postgres.partitions import ReservationPartitions
from reservation_service.adapters.postgres.unit_of_work import units_of_work
from reservation_service.application.commands.advance_payment_watermark import AdvancePaymentWatermarkHandler
from reservation_service.application.commands.cancel_for_operator import CancelForOperatorHandler
from reservation_service.application.commands.cancel_reservation import CancelReservationHandler
from reservation_service.application.commands.check_in import CheckIn, CheckInHandler
from reservation_service.application.commands.check_out import CheckOutHandler
from reservation_service.application.commands.expire_holds import ExpireHoldsHandler
from reservation_service.application.commands.note_no_shows import NoteNoShowsHandler
from reservation_service.application.commands.purge_supply_changes import PurgeSupplyChangesHandler
from reservation_service.application.commands.reserve_spot import ReserveSpotHandler
from reservation_service.application.commands.settle_booking import SettleBookingHandler
from reservation_service.application.commands.settle_supply_changes import SettleSupplyChangesHandler
from reservation_service.application.event_handlers.follow_refunds import FollowRefundsHandler
from reservation_service.application.event_handlers.keep_user import KeepUserHandler
from reservation_service.application.ports import (
    Alternative,
    Bookings,
    OpenWork,
    PaymentOutbox,
    RenderGateAnswer,
    SpotRequest,
    Tokens,
    Work,
)
from reservation_service.application.queries.create_quote import CreateQuoteHandler
from reservation_service.application.queries.find_alternatives import FindAlternatives, FindAlternativesHandler
from reservation_service.application.queries.get_availability import GetAvailabilityHandler
from reservation_service.application.queries.get_credential import GetCredentialHandler
from reservation_service.application.queries.get_gate_list import GetGateListHandler
from reservation_service.application.queries.get_reservation import GetReservationHandler
from reservation_service.application.queries.list_reservations import ListReservationsHandler
from reservation_service.application.queries.name_lots import NameLotsHandler
from reservation_service.settings import ReservationSettings

__all__ = ["PAYMENTS", "ROTATION_STEPS", "SERVICE", "NothingToDo", "Reservation", "UseCases", "bootstrap", "rotated"]

SERVICE: Final = "reservation"
PAYMENTS: Final = "reservation.payments"
"""The consumer group of payment's events."""
ROTATION_STEPS: Final = tuple(STEPS)
"""In which the signing key is rotated, in this order."""
HOLD_PAUSE: Final = GrowingPause(first=timedelta(seconds=5), longest=timedelta(minutes=10))
SUPPLY_PAUSE: Final = GrowingPause(first=timedelta(seconds=5), longest=timedelta(minutes=10))
SETTLING_MARGIN: Final = timedelta(seconds=1)
"""Between the end of a statement's time and when PostgreSQL has cancelled it."""
NO_SHOW_PAUSE: Final = GrowingPause(first=timedelta(seconds=30), longest=timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class UseCases:
    """Everything that can be asked of this service, and what its events lead to."""

    reserve_spot: ReserveSpotHandler
    cancel_reservation: CancelReservationHandler
    cancel_for_operator: CancelForOperatorHandler
    check_in: Callable[[CheckIn, RenderGateAnswer], Awaitable[Answer]]
    check_out: CheckOutHandler
    expire_holds: ExpireHoldsHandler
    note_no_shows: NoteNoShowsHandler
    settle_supply_changes: SettleSupplyChangesHandler
    advance_payment_watermark: AdvancePaymentWatermarkHandler
    purge_supply_changes: PurgeSupplyChangesHandler
    purge_answers: Callable[[], Awaitable[int]]
    create_quote: CreateQuoteHandler
    get_availability: GetAvailabilityHandler
    get_reservation: GetReservationHandler
    get_credential: GetCredentialHandler
    get_gate_list: GetGateListHandler
    list_reservations: ListReservationsHandler
    name_lots: NameLotsHandler
    follow_refunds: FollowRefundsHandler
    keep_user: KeepUserHandler


@dataclass(frozen=True, slots=True)
class Reservation:
    """The wired service. `work_on` is a unit of work in the transaction of a consumer."""

    settings: ReservationSettings
    use_cases: UseCases
    open_work: OpenWork
    work_on: Callable[[AsyncConnection], AbstractAsyncContextManager[Work]]
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
        settings.booking_patience,
        statement_timeout=settings.statement_timeout,
    )
    tokens = SignedTokens(*settings.signing_keys_pem)
    http = http_client(2.0)
    verifier = token_verifier(settings, PublishedKeys(http, settings.jwks_url), EndedLogins(engine))
    outbox = HttpPaymentOutbox(http, settings.payment_url, settings.internal_token.get_secret_value())
    sealer = settings.answer_sealer
    work = units_of_work(sealer)
    bookings = PostgresBookings(booking_pool, sealer)
    open_work = work.opened_on(engine)
    use_cases = _use_cases(settings, open_work, bookings, tokens, clock, outbox)
    work_on = partial(work.on, asker=THE_SERVICE)
    partitions = ReservationPartitions(engine)
    return Reservation(
        settings, use_cases, open_work, work_on, engine, booking_pool, http, tokens, verifier, partitions
    )


def resources(reservation: Reservation) -> AbstractAsyncContextManager[None]:
    """What is open while a process runs."""
    booking = reservation.booking_pool
    return open_resources(reservation.engine, reservation.http.aclose, booking.close, booking=booking.connections)


def _use_cases(
    settings: ReservationSettings,
    work: OpenWork,
    bookings: Bookings,
    tokens: Tokens,
    clock: Clock,
    outbox: PaymentOutbox,
) -> UseCases:
    opens_before = timedelta(seconds=settings.check_in_opens_before)
    backlog = KafkaPaymentBacklog(KafkaConnection(**settings.kafka, client_id=SERVICE), PAYMENTS)
    expire_holds = ExpireHoldsHandler(work, OneByOne("holds", HOLD_PAUSE))
    least_stay = timedelta(seconds=settings.least_stay)
    alternatives = FindAlternativesHandler(work, least_stay)
    settle_booking = SettleBookingHandler(work)
    settling = timedelta(seconds=settings.statement_timeout) + SETTLING_MARGIN

    async def find_alternatives(request: SpotRequest) -> Sequence[Alternative]:
        return await alternatives(FindAlternatives(request))

    return UseCases(
        reserve_spot=ReserveSpotHandler(
            bookings, expire_holds, OncePerSecond(find_alternatives), tokens, new_id, least_stay
        ),
        cancel_reservation=CancelReservationHandler(work),
        cancel_for_operator=CancelForOperatorHandler(work),
        check_in=CheckInHandler(work, tokens, new_id, opens_before),
        check_out=CheckOutHandler(work, tokens, new_id, opens_before),
        expire_holds=expire_holds,
        note_no_shows=NoteNoShowsHandler(work, OneByOne("no_shows", NO_SHOW_PAUSE)),
        settle_supply_changes=SettleSupplyChangesHandler(
            work, settle_booking, OneByOne("supply_changes", SUPPLY_PAUSE), settling
        ),
        advance_payment_watermark=AdvancePaymentWatermarkHandler(work, outbox, backlog),
        purge_supply_changes=PurgeSupplyChangesHandler(
            work, clock, timedelta(seconds=settings.supply_changes_stored_for)
        ),
        purge_answers=partial(purge_answers, work),
        create_quote=CreateQuoteHandler(work, clock, tokens, least_stay),
        get_availability=GetAvailabilityHandler(bookings, clock),
        get_reservation=GetReservationHandler(work, tokens, clock),
        get_credential=GetCredentialHandler(work, tokens),
        get_gate_list=GetGateListHandler(work, tokens, clock, opens_before),
        list_reservations=ListReservationsHandler(work),
        name_lots=NameLotsHandler(work),
        follow_refunds=FollowRefundsHandler(clock),
        keep_user=KeepUserHandler(clock),
    )
