"""The hot path on the driver itself: find in one round trip, book in one statement (docs/decisions/0018)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from importlib import resources

import asyncpg

from parking_chassis.ids import make_id_floor
from parking_chassis.stored_answers import lock_of
from parking_kernel.repeatable import Answer, InFlight, KeyReused, RequestKey
from parking_messaging.crash_points import CrashPoint, reach
from parking_messaging.outbox_rows import outbox_values
from reservation_service.adapters import metrics
from reservation_service.adapters.kafka.to_wire import to_wire
from reservation_service.adapters.postgres.booking_pool import BookingPool
from reservation_service.adapters.postgres.lots import lot_of
from reservation_service.adapters.postgres.reservations import reservation_row
from reservation_service.application.ports import Offer, Wish
from reservation_service.domain.errors import UnknownLot, UnknownSpot
from reservation_service.domain.lots import GIVEN_TO_ANYBODY, SPOT_TYPES, Lot, Spot
from reservation_service.domain.periods import FURTHEST, LONGEST
from reservation_service.domain.reservations import Reservation


def _statement(name: str) -> str:
    return resources.files(__package__).joinpath("statements", f"{name}.sql").read_text()


FIND_NAMED_SPOT = _statement("find_named_spot")
FIND_ANY_SPOT = _statement("find_any_spot")
FIND_FREE_SPOTS = _statement("find_free_spots")
BOOK = _statement("book")
FIND_EARLIER_ANSWER = _statement("find_earlier_answer")
KEEP_REFUSAL = _statement("keep_refusal")
FORGET_ANSWERS = _statement("forget_answers")

# In the order of the parameters of book.sql.
RESERVATION = (
    *("id", "user_id", "organization_id", "parking_lot_id", "spot_id", "spot_number", "spot_type"),
    *("starts_at", "ends_at", "status", "tariff_id", "currency", "charges", "refund_due"),
    *("created_at", "hold_expires_at", "vehicle_plate", "version"),
)
EVENT = ("id", "aggregatetype", "aggregateid", "version", "partition_key", "type", "payload", "headers")


class PostgresBookings:
    """See `reservation_service.application.ports.Bookings`. Each statement is a transaction of its own."""

    def __init__(self, pool: BookingPool) -> None:
        self._pool = pool

    async def find(self, wish: Wish, limit: int) -> Offer:
        """The lot, and the spots to try. Raises `UnknownLot`, and `UnknownSpot` for a named one."""
        lot_id, starts_at, ends_at = wish.parking_lot_id, wish.period.starts_at, wish.period.ends_at
        oldest = make_id_floor(starts_at - FURTHEST - LONGEST)
        if wish.spot_id:
            rows = await self._pool.fetch(FIND_NAMED_SPOT, lot_id, wish.spot_id, starts_at, ends_at, oldest)
        else:
            values = (lot_id, starts_at, ends_at, wish.spot_type, limit, GIVEN_TO_ANYBODY, oldest)
            rows = await self._pool.fetch(FIND_ANY_SPOT, *values)
        if not rows:
            raise UnknownLot(wish.parking_lot_id)
        spots = [
            Spot(row["spot_id"], row["spot_number"], row["spot_type"]) for row in rows if row["spot_type"] in SPOT_TYPES
        ]
        if wish.spot_id and not spots:
            raise UnknownSpot(wish.spot_id)
        first = rows[0]
        return Offer(lot_of(first), spots, first["hold_is_overdue"], first["as_of"], first.get("is_taken", False))

    async def free_spots(self, wish: Wish) -> tuple[Lot, Sequence[Spot], datetime]:
        """The lot, and all spots that are free at the instant, by number. Raises `UnknownLot`."""
        period = wish.period
        rows = await self._pool.fetch(
            FIND_FREE_SPOTS, wish.parking_lot_id, period.starts_at, period.ends_at, wish.spot_type
        )
        if not rows:
            raise UnknownLot(wish.parking_lot_id)
        (row,) = rows
        free = zip(row["ids"] or (), row["numbers"] or (), row["types"] or (), strict=True)
        return lot_of(row), [Spot(*each) for each in free if each[2] in SPOT_TYPES], row["as_of"]

    async def book(self, reservation: Reservation, key: RequestKey, answer: Answer) -> Answer | None:
        """Write hold, spot's time, events and answer: all, or nothing when the time is taken."""
        state = reservation.state
        columns = reservation_row(state)
        events = [outbox_values(to_wire(event)) for event in reservation.events]
        values = (
            *(lock_of(key), key.scope, key.key, key.fingerprint, answer.status, answer.body),
            *(columns[name] for name in RESERVATION),
            *([event[name] for event in events] for name in EVENT),
        )
        try:
            (row,) = await self._pool.fetch(BOOK, *values)
        except asyncpg.UniqueViolationError:
            # The same request committed after this statement's snapshot, and undid all of it.
            if replayed := await self.earlier(key):
                return replayed
            raise
        if replayed := _replay(row, key):
            return replayed
        if not row["is_booked"]:
            return None
        reach(CrashPoint.BOOKING_COMMITTED)
        metrics.count(reservation.events)
        return answer

    async def earlier(self, key: RequestKey) -> Answer | None:
        """The first answer to this key. Raises `KeyReused` and `InFlight`."""
        (row,) = await self._pool.fetch(FIND_EARLIER_ANSWER, lock_of(key), key.scope, key.key)
        return _replay(row, key)

    async def refuse(self, key: RequestKey, answer: Answer) -> Answer:
        """Keep a refusal under its key; what is answered. Raises `KeyReused` and `InFlight`."""
        values = (key.scope, key.key, key.fingerprint, answer.status, answer.body)
        if await self._pool.fetch(KEEP_REFUSAL, *values):
            metrics.RESERVATIONS.labels(metrics.REFUSED).inc()
            return answer
        return await self.earlier(key) or answer

    async def forget_answers(self, older_than: timedelta, limit: int) -> int:
        """Delete answers that were kept for longer; how many, at most `limit`."""
        (row,) = await self._pool.fetch(FORGET_ANSWERS, older_than, limit)
        return row["forgotten"]


def _replay(row: asyncpg.Record, key: RequestKey) -> Answer | None:
    if row["fingerprint"] is not None:
        if row["fingerprint"] != key.fingerprint:
            raise KeyReused(key.key)
        return Answer(row["status"], row["body"], replayed=True)
    if not row["is_free"]:
        raise InFlight(key.key)
    return None
