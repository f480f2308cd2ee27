"""The two that the contract tests hold to the same suite: the fakes and PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from services.reservation.tests.driving import SEALER
from services.reservation.tests.examples import period
from services.reservation.tests.fakes.clock import FakeClock
from services.reservation.tests.fakes.postgres.bookings import InMemoryBookings
from services.reservation.tests.fakes.postgres.tables import Tables
from services.reservation.tests.fakes.postgres.unit_of_work import in_memory_work

from parking_chassis.database import PoolSettings, create_engine
from parking_chassis.ids import new_id
from parking_kernel.askers import THE_SERVICE
from parking_kernel.periods import Period
from parking_kernel.repeatable import Answer, RequestKey
from reservation_service.adapters.postgres.booking_pool import BookingPool
from reservation_service.adapters.postgres.bookings import PostgresBookings
from reservation_service.adapters.postgres.unit_of_work import units_of_work
from reservation_service.application.ports import LotCopy, OpenWork
from reservation_service.domain.lots import Spot
from reservation_service.domain.reservations import Reservation


@dataclass
class Store:
    """One of the two, with a lot of two standard spots and an accessible one."""

    work: OpenWork
    bookings: PostgresBookings | InMemoryBookings
    lot: LotCopy
    spots: list[Spot]

    async def reservation(self, spot: Spot, when: Period | None = None, user_id: UUID | None = None) -> Reservation:
        async with self.work(THE_SERVICE) as work:
            lot = await work.lots.get(self.lot.id)
            at = await work.time.now()
        when = when or period()
        return Reservation.hold(
            new_id(at),
            user_id=user_id or uuid4(),
            lot=lot,
            spot=spot,
            period=when,
            price=lot.price(when),
            charge_id=uuid4(),
            vehicle_plate="ZH 1",
            at=at,
        )

    async def booked(self, spot: Spot, when: Period | None = None, **more: Any) -> Reservation:
        reservation = await self.reservation(spot, when, **more)
        answer = Answer(201, b"booked")
        assert await self.book(reservation, key(), answer) == answer
        return reservation

    async def book(self, reservation: Reservation, key: RequestKey, answer: Answer) -> Answer | None:
        """Book on the lot as it is; on the spot as its version says."""
        async with self.work(THE_SERVICE) as work:
            lot = await work.lots.get(reservation.state.parking_lot_id)
        return await self.bookings.book(reservation, lot, key, answer)

    async def purged(self, older_than: timedelta, limit: int) -> int:
        async with self.work(THE_SERVICE) as work:
            return await work.answers.purge(older_than, limit)


def key(name: str | None = None, fingerprint: bytes = b"1", scope: str = "driver") -> RequestKey:
    return RequestKey(scope, name or str(uuid4()), fingerprint)


@asynccontextmanager
async def on_postgres(url: str) -> AsyncIterator[tuple[OpenWork, PostgresBookings | InMemoryBookings]]:
    engine, pool = create_engine(url, "contract", PoolSettings(5, generic_plans=True)), BookingPool(url, 5, 5.0)
    try:
        yield units_of_work(SEALER).opened_on(engine), PostgresBookings(pool, SEALER)
    finally:
        await pool.close()
        await engine.dispose()


@asynccontextmanager
async def in_memory() -> AsyncIterator[tuple[OpenWork, PostgresBookings | InMemoryBookings]]:
    tables, clock = Tables(), FakeClock()
    yield in_memory_work(tables, clock), InMemoryBookings(tables, clock)
