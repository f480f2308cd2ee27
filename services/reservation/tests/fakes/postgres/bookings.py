from collections.abc import Sequence
from datetime import datetime, timedelta

from services.reservation.tests.fakes.clock import FakeClock
from services.reservation.tests.fakes.postgres.allocations import InMemoryAllocations
from services.reservation.tests.fakes.postgres.lots import InMemoryLots
from services.reservation.tests.fakes.postgres.reservations import InMemoryReservations
from services.reservation.tests.fakes.postgres.tables import Tables

from parking_kernel.repeatable import Answer, KeyReused, RequestKey
from reservation_service.application.ports import Offer, Wish
from reservation_service.domain.errors import UnknownSpot
from reservation_service.domain.lots import GIVEN_TO_ANYBODY, SPOT_TYPES, Lot, Spot
from reservation_service.domain.reservations import Reservation


class InMemoryBookings:
    """See `reservation_service.application.ports.Bookings`. Nothing else runs between two of its lines."""

    def __init__(self, tables: Tables, clock: FakeClock) -> None:
        self._tables = tables
        self._clock = clock

    async def find(self, wish: Wish, limit: int) -> Offer:
        lot = await InMemoryLots(self._tables).get(wish.parking_lot_id)
        now, seen = self._clock.now(), self._tables.payments_seen["seen"]
        overdue = await InMemoryReservations(self._tables).overdue(min(now, seen.until), 1, wish, held=seen.held)
        free = await InMemoryAllocations(self._tables).free_spots(lot.id, wish.period, wish.spot_type)
        if wish.spot_id:
            named = self._named(wish)
            return Offer(lot, [named], bool(overdue), now, is_taken=named not in free)
        fitting = [spot for spot in free if wish.spot_type or spot.type in GIVEN_TO_ANYBODY]
        return Offer(lot, fitting[:limit], not fitting and bool(overdue), now)

    async def free_spots(self, wish: Wish) -> tuple[Lot, Sequence[Spot], datetime]:
        lot = await InMemoryLots(self._tables).get(wish.parking_lot_id)
        free = await InMemoryAllocations(self._tables).free_spots(lot.id, wish.period, wish.spot_type)
        return lot, free, self._clock.now()

    async def book(self, reservation: Reservation, key: RequestKey, answer: Answer) -> Answer | None:
        if earlier := await self.earlier(key):
            return earlier
        if not await InMemoryAllocations(self._tables).take(reservation.state):
            return None
        self._tables.reservations[reservation.state.id] = reservation.state
        self._tables.outbox += reservation.events
        return self._kept(key, answer)

    async def earlier(self, key: RequestKey) -> Answer | None:
        if (key.scope, key.key) not in self._tables.answers:
            return None
        first, answer, _ = self._tables.answers[key.scope, key.key]
        if first.fingerprint != key.fingerprint:
            raise KeyReused(key.key)
        return Answer(answer.status, answer.body, replayed=True)

    async def refuse(self, key: RequestKey, answer: Answer) -> Answer:
        return await self.earlier(key) or self._kept(key, answer)

    async def forget_answers(self, older_than: timedelta, limit: int) -> int:
        last = self._clock.now() - older_than
        old = [place for place, (_, _, at) in self._tables.answers.items() if at < last][:limit]
        for place in old:
            del self._tables.answers[place]
        return len(old)

    def _kept(self, key: RequestKey, answer: Answer) -> Answer:
        self._tables.answers[key.scope, key.key] = (key, answer, self._clock.now())
        return answer

    def _named(self, wish: Wish) -> Spot:
        spot = self._tables.spots.get(wish.spot_id) if wish.spot_id else None
        if (
            spot is None
            or spot.parking_lot_id != wish.parking_lot_id
            or not spot.in_service
            or spot.type not in SPOT_TYPES
        ):
            raise UnknownSpot(wish.spot_id)
        return Spot(spot.id, spot.number, spot.type)
