"""All fakes together, as `bootstrap` has all adapters together."""

import json
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from services.reservation.tests.examples import hourly, lot_copy, period, spot_copy
from services.reservation.tests.fakes.clock import FakeClock
from services.reservation.tests.fakes.crypto.tokens import FakeTokens
from services.reservation.tests.fakes.kafka.payment_backlog import FakePaymentBacklog
from services.reservation.tests.fakes.payment.outbox import FakePaymentOutbox
from services.reservation.tests.fakes.postgres.bookings import InMemoryBookings
from services.reservation.tests.fakes.postgres.tables import Tables
from services.reservation.tests.fakes.postgres.unit_of_work import in_memory_work

from parking_chassis.ids import new_id
from parking_chassis.process import OneByOne
from parking_kernel.askers import THE_SERVICE, Asker
from parking_kernel.pauses import GrowingPause
from parking_kernel.periods import Period
from parking_kernel.repeatable import Answer, RequestKey
from reservation_service.application.commands.advance_payment_watermark import AdvancePaymentWatermarkHandler
from reservation_service.application.commands.check_in import CheckInHandler
from reservation_service.application.commands.check_out import CheckOutHandler
from reservation_service.application.commands.expire_holds import ExpireHoldsHandler
from reservation_service.application.commands.reserve_spot import ReserveSpot, ReserveSpotHandler
from reservation_service.application.commands.settle_booking import SettleBookingHandler
from reservation_service.application.commands.settle_supply_changes import SettleSupplyChangesHandler
from reservation_service.application.event_handlers.settle_payments import (
    Captured,
    SettlePayments,
    settle_payments,
)
from reservation_service.application.ports import Alternative, LotCopy, OpenWork, SpotRequest, Work
from reservation_service.application.queries.find_alternatives import FindAlternatives, FindAlternativesHandler
from reservation_service.application.queries.get_gate_list import GetGateListHandler
from reservation_service.domain.lots import Lot, TariffVersion
from reservation_service.domain.reservations import ReservationState

SETTLING = timedelta(seconds=16)
PAUSE = GrowingPause(timedelta(minutes=1), timedelta(hours=1))


class PlainAnswers:
    """See `reservation_service.application.ports.BookingAnswers`."""

    def booked(self, reservation: ReservationState, lot: Lot, charge_token: str | None) -> Answer:
        return Answer(201, str(reservation.id).encode())

    def taken(self, alternatives: Sequence[Alternative]) -> Answer:
        return Answer(409, json.dumps([[str(each.spot.id), each.distance_m] for each in alternatives]).encode())

    def no_such_spots(self, lot: Lot, alternatives: Sequence[Alternative]) -> Answer:
        types = [each.spot.type for each in alternatives]
        return Answer(409, json.dumps({"no_such_spots": lot.name, "others": types}).encode())


def altered(open_work: OpenWork, alter: Callable[[Work], Work]) -> OpenWork:
    """The same units of work, each altered before anybody gets it."""

    @asynccontextmanager
    async def opened(asker: Asker) -> AsyncGenerator[Work]:
        async with open_work(asker) as work:
            yield alter(work)

    return opened


@dataclass
class FakeInstallation:
    """Reservation without anything outside of this process. `tables` shows what is stored and what was published."""

    tables: Tables = field(default_factory=Tables)
    clock: FakeClock = field(default_factory=FakeClock)
    tokens: FakeTokens = field(default_factory=FakeTokens)
    backlog: FakePaymentBacklog = field(default_factory=FakePaymentBacklog)
    outbox: FakePaymentOutbox = field(default_factory=FakePaymentOutbox)

    def __post_init__(self) -> None:
        self.work = in_memory_work(self.tables, self.clock)
        self.attempts = OneByOne("test", PAUSE, lambda: self.clock.now().timestamp())
        self.bookings = InMemoryBookings(self.tables, self.clock)
        self.expire_holds = ExpireHoldsHandler(self.work, self.attempts)
        self.alternatives = FindAlternativesHandler(self.work)
        self.reserve_spot = ReserveSpotHandler(self.bookings, self.expire_holds, self, self.tokens, new_id)
        self.settle = settle_payments
        self.advance_payment_watermark = AdvancePaymentWatermarkHandler(self.work, self.outbox, self.backlog)
        self.settle_booking = SettleBookingHandler(self.work)
        self.settle_supply_changes = SettleSupplyChangesHandler(self.work, self.settle_booking, self.attempts, SETTLING)
        self.check_in = CheckInHandler(self.work, self.tokens, new_id, timedelta(minutes=15))
        self.get_gate_list = GetGateListHandler(self.work, self.tokens, self.clock, timedelta(minutes=15))
        self.check_out = CheckOutHandler(self.work, self.tokens, new_id, timedelta(minutes=15))

    async def find(self, request: SpotRequest) -> Sequence[Alternative]:
        """See `reservation_service.application.ports.Alternatives`: worked out each time."""
        return await self.alternatives(FindAlternatives(request))

    async def with_lot(
        self, spots: Sequence[str] = ("standard",), tariff: TariffVersion | None = None, **changes: object
    ) -> LotCopy:
        """A lot with spots of these types, numbered from 1."""
        tariff = tariff or hourly()
        lot = lot_copy(tariff, **changes)
        async with self.work(THE_SERVICE) as work:
            await work.copies.keep_tariff(tariff)
            await work.copies.keep_lot(lot)
            copies = [spot_copy(lot.id, str(number), spot_type) for number, spot_type in enumerate(spots, start=1)]
            await work.copies.keep_spots(copies)
        return lot

    async def reserve(
        self,
        lot: LotCopy,
        *,
        when: Period | None = None,
        user_id: UUID | None = None,
        key: str | None = None,
        spot_id: UUID | None = None,
        spot_type: str | None = None,
    ) -> Answer:
        """Ask for a spot."""
        wanted = SpotRequest(lot.id, when or period(), spot_id, spot_type)
        request_key = RequestKey("drivers", key or str(new_id()), repr(wanted).encode())
        command = ReserveSpot(user_id or new_id(), wanted, request_key, "ZH 1")
        return await self.reserve_spot(command, PlainAnswers())

    async def held(self, lot: LotCopy, **spot_request: Any) -> ReservationState:
        """A hold."""
        answer = await self.reserve(lot, **spot_request)
        assert answer.status == 201
        return self.tables.reservations[UUID(answer.body.decode())]

    async def paid(self, state: ReservationState, payment_id: UUID | None = None) -> ReservationState:
        """The same after payment published that its first charge was paid."""
        charge = state.charges[0]
        captured = Captured(state.id, charge.id, payment_id or new_id(), charge.amount)
        async with self.work(THE_SERVICE) as work:
            await self.settle(work, SettlePayments([captured]))
        return self.tables.reservations[state.id]

    def published(self) -> list[str]:
        """The names of the events that left, in order."""
        return [type(event).__name__ for event in self.tables.outbox]


def operator_of(lot: LotCopy) -> Asker:
    return Asker(new_id(), frozenset({lot.organization_id}))
