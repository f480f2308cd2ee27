from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Self
from uuid import UUID

from services.reservation.tests.fakes.clock import FakeClock
from services.reservation.tests.fakes.postgres.lots import InMemoryLots
from services.reservation.tests.fakes.postgres.reservations import InMemoryReservations
from services.reservation.tests.fakes.postgres.tables import Tables
from services.reservation.tests.fakes.postgres.timetable import InMemoryTimetable

from parking_chassis.fakes.answers import InMemoryAnswers
from parking_kernel.changes import Changes
from parking_kernel.repeatable import Answer, RequestKey
from reservation_service.adapters.booking_attempts import BookingAttempts
from reservation_service.adapters.postgres.booking_pool import ConcurrencyLimiter
from reservation_service.application.ports import Candidates, FreeSpots, SpotRequest, StaleCandidates
from reservation_service.domain.errors import UnknownSpot
from reservation_service.domain.lots import GIVEN_TO_ANYBODY, SPOT_TYPES, Lot, Spot
from reservation_service.domain.reservations import Reservation
from reservation_service.domain.supply import SupplyChange


class InMemoryBookings:
    """See `reservation_service.application.ports.Bookings`. Nothing else runs between two of its lines."""

    def __init__(self, tables: Tables, clock: FakeClock, at_once: int = 1) -> None:
        self._tables = tables
        self._clock = clock
        self._limiter = ConcurrencyLimiter(at_once, patience=1.0)
        self.attempts = BookingAttempts(self._connected)
        self.attempt = self.attempts.attempt

    @asynccontextmanager
    async def _connected(self) -> AsyncGenerator[Self]:
        async with self._limiter.entered():
            yield self

    async def find(self, request: SpotRequest, limit: int) -> Candidates:
        lot = await InMemoryLots(self._tables).get(request.parking_lot_id)
        if request.tariff_id:
            lot = replace(lot, tariff=self._tables.tariffs[request.tariff_id])
        now, watermark = self._clock.now(), self._tables.payment_watermark["seen"]
        reservations = InMemoryReservations(self._tables, Changes[Reservation | SupplyChange]())
        overdue = await reservations.overdue(min(now, watermark.until), 1, request, held=watermark.held)
        free = await InMemoryTimetable(self._tables).free_spots(lot.id, request.period, request.spot_type)
        if request.spot_id:
            named = self._named(request.parking_lot_id, request.spot_id)
            return Candidates(lot, [named], bool(overdue), now, is_taken=named not in free)
        wanted = (request.spot_type,) if request.spot_type else GIVEN_TO_ANYBODY
        fitting = sorted((spot for spot in free if spot.type in wanted), key=lambda spot: wanted.index(spot.type))
        has_such = any(
            each.parking_lot_id == lot.id and each.in_service and each.type in wanted
            for each in self._tables.spots.values()
        )
        return Candidates(lot, fitting[:limit], not fitting and bool(overdue), now, has_such_spots=has_such)

    async def free_spots(self, request: SpotRequest, limit: int, after: str | None) -> FreeSpots:
        lot = await InMemoryLots(self._tables).get(request.parking_lot_id)
        free = await InMemoryTimetable(self._tables).free_spots(lot.id, request.period, request.spot_type)
        behind = [spot for spot in free if after is None or spot.number > after]
        return FreeSpots(lot, len(free), behind[:limit], self._clock.now())

    async def book(self, reservation: Reservation, lot: Lot, key: RequestKey, answer: Answer) -> Answer | None:
        if earlier := await self.earlier(key):
            return earlier
        spot = reservation.state.spot
        seen = (lot.version, spot.version)
        if seen != (self._tables.lots[lot.id].version, self._tables.spots[spot.id].version):
            raise StaleCandidates
        if not await InMemoryTimetable(self._tables).take(reservation.state):
            return None
        self._tables.reservations[reservation.state.id] = reservation.state
        self._tables.outbox += reservation.events
        return await self._stored(key, answer)

    async def earlier(self, key: RequestKey) -> Answer | None:
        return await self._answers().claim(key)

    async def refuse(self, key: RequestKey, answer: Answer) -> Answer:
        return await self.earlier(key) or await self._stored(key, answer)

    async def _stored(self, key: RequestKey, answer: Answer) -> Answer:
        await self._answers().store(key, answer)
        return answer

    def _answers(self) -> InMemoryAnswers:
        return InMemoryAnswers(self._tables.answers, self._clock.now, set())

    def _named(self, parking_lot_id: UUID, spot_id: UUID) -> Spot:
        spot = self._tables.spots.get(spot_id)
        if spot is None or spot.parking_lot_id != parking_lot_id or not spot.in_service or spot.type not in SPOT_TYPES:
            raise UnknownSpot(spot_id)
        return Spot(spot.id, spot.number, spot.type, spot.version)
