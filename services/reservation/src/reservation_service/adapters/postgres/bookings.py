"""The hot path on the driver itself: find in one round trip, book in one statement (docs/decisions/0018).

The statements read and write the table of `parking_chassis.stored_answers` themselves: a booking and its answer are one
statement, on the driver that the chassis' own answers do not use.
"""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import override

import asyncpg
from cachetools import LRUCache

from parking_chassis.ids import make_id_floor
from parking_chassis.sealing import Sealer
from parking_chassis.stored_answers import lock_of, opened_body, sealed_body
from parking_kernel.repeatable import Answer, InFlight, KeyReused, RequestKey
from parking_messaging import crash_points
from parking_messaging.crash_points import CrashPoint
from reservation_service.adapters import metrics
from reservation_service.adapters.booking_attempts import BookingAttempts
from reservation_service.adapters.kafka.to_wire import booked_values
from reservation_service.adapters.postgres.booking_pool import AllTaken, BookingPool, Fetching
from reservation_service.adapters.postgres.lots import lot_of
from reservation_service.adapters.postgres.rows import reservation_row
from reservation_service.adapters.postgres.statement_texts import FREE_SPOTS, statement
from reservation_service.application.ports import Candidates, FreeSpots, SpotRequest, StaleCandidates, TooBusy
from reservation_service.domain.errors import UnknownLot, UnknownSpot
from reservation_service.domain.lots import FURTHEST, GIVEN_TO_ANYBODY, LONGEST, SPOT_TYPES, Lot, Spot
from reservation_service.domain.reservations import Reservation

FIND_NAMED_SPOT = statement("find_named_spot")
FIND_ANY_SPOT = statement("find_any_spot")
FIND_FREE_SPOTS = statement("find_free_spots", free_spots=FREE_SPOTS)
BOOK = statement("book")
FIND_EARLIER_ANSWER = statement("find_earlier_answer")
STORE_REFUSAL = statement("store_refusal")

LOTS_AT_HAND = 1_000
_DOCUMENTS = ("opening_hours", "closures", "document")  # as text, as the driver has them

# In the order of the parameters of book.sql.
RESERVATION = (
    *("id", "user_id", "organization_id", "parking_lot_id", "spot_id", "spot_number", "spot_type"),
    *("starts_at", "ends_at", "status", "tariff_id", "currency", "charges", "refund_due"),
    *("created_at", "hold_expires_at", "vehicle_plate", "version"),
)
EVENT = ("id", "aggregatetype", "aggregateid", "version", "partition_key", "type", "payload", "headers")


class _Lots:
    """The lots that were read last, understood once for each version: a booking costs less than understanding one."""

    def __init__(self) -> None:
        self._known = LRUCache[tuple[object, ...], Lot](LOTS_AT_HAND)

    def of(self, row: asyncpg.Record) -> Lot:
        """The lot of a row, priced by that row's tariff. One that arrives late changes it without a new version."""
        tariff_id = row.get("priced_by", row["tariff_id"])
        state = (row["id"], row["version"], row["is_open"], tariff_id, row["document"] is None)
        if (lot := self._known.get(state)) is None:
            documents = {name: json.loads(row[name]) for name in _DOCUMENTS if row[name] is not None}
            lot = self._known[state] = lot_of({**row, **documents, "tariff_id": tariff_id})
        return lot


class _Statements:
    """The statements of a booking, each a transaction of its own, on a connection or on any of the pool."""

    def __init__(self, on: Fetching, sealer: Sealer, lots: _Lots) -> None:
        self._on = on
        self._sealer = sealer
        self._lots = lots

    async def find(self, request: SpotRequest, limit: int) -> Candidates:
        """The lot, and the spots to try. Raises `UnknownLot`, and `UnknownSpot` for a named one."""
        lot_id, starts_at, ends_at = request.parking_lot_id, request.period.starts_at, request.period.ends_at
        oldest = make_id_floor(starts_at - FURTHEST - LONGEST)
        if request.spot_id:
            values = (lot_id, request.spot_id, starts_at, ends_at, oldest, request.tariff_id)
            rows = await self._on.fetch(FIND_NAMED_SPOT, *values)
        else:
            wanted = (lot_id, starts_at, ends_at, request.spot_type, limit, GIVEN_TO_ANYBODY, oldest, request.tariff_id)
            rows = await self._on.fetch(FIND_ANY_SPOT, *wanted)
        if not rows:
            raise UnknownLot(request.parking_lot_id)
        spots = [
            Spot(row["spot_id"], row["spot_number"], row["spot_type"], row["spot_version"])
            for row in rows
            if row["spot_type"] in SPOT_TYPES
        ]
        if request.spot_id and not spots:
            raise UnknownSpot(request.spot_id)
        first = rows[0]
        return Candidates(
            self._lots.of(first),
            spots,
            first["hold_is_overdue"],
            first["as_of"],
            is_taken=first.get("is_taken", False),
            has_such_spots=first.get("has_such_spots", True),
        )

    async def free_spots(self, request: SpotRequest, limit: int, after: str | None) -> FreeSpots:
        """See `reservation_service.application.ports.Bookings`."""
        period = request.period
        asked = (request.parking_lot_id, period.starts_at, period.ends_at, request.spot_type)
        rows = await self._on.fetch(FIND_FREE_SPOTS, *asked, list(SPOT_TYPES), limit, after)
        if not rows:
            raise UnknownLot(request.parking_lot_id)
        (row,) = rows
        free = zip(row["ids"] or (), row["numbers"] or (), row["types"] or (), strict=True)
        return FreeSpots(self._lots.of(row), row["free"], [Spot(*each) for each in free], row["as_of"])

    async def book(self, reservation: Reservation, lot: Lot, key: RequestKey, answer: Answer) -> Answer | None:
        """Write hold, spot's time, events and answer: all, or nothing when the time is taken (then none is answered).

        Where the key was used before, the first answer. Raises `KeyReused`, `InFlight`, and `StaleCandidates` where the
        lot, or the reservation's spot, is of another version than here.
        """
        columns = reservation_row(reservation.state)
        columns["charges"] = json.dumps(columns["charges"])
        events = [booked_values(event) for event in reservation.events]
        values = (
            *(lock_of(key), *self._row(key, answer)),
            *(columns[name] for name in RESERVATION),
            *([event[name] for event in events] for name in EVENT),
            *(lot.version, reservation.state.spot.version),
        )
        try:
            (row,) = await self._on.fetch(BOOK, *values)
        except asyncpg.UniqueViolationError:
            # The same request committed after this statement's snapshot, and undid all of it.
            if replayed := await self.earlier(key):
                return replayed
            raise
        if replayed := self._replay(row, key):
            return replayed
        if not row["is_current"]:
            raise StaleCandidates
        if not row["is_booked"]:
            return None
        if crash_points.ORDERS:
            crash_points.reach(CrashPoint.BOOKING_COMMITTED)
        for event in reservation.events:
            metrics.OUTCOMES[type(event)].inc()
        return answer

    async def earlier(self, key: RequestKey) -> Answer | None:
        """The first answer to this key. Raises `KeyReused` and `InFlight`."""
        (row,) = await self._on.fetch(FIND_EARLIER_ANSWER, lock_of(key), key.scope, key.key)
        return self._replay(row, key)

    async def refuse(self, key: RequestKey, answer: Answer) -> Answer:
        """Store a refusal under its key; what is answered. Raises `KeyReused` and `InFlight`."""
        if await self._on.fetch(STORE_REFUSAL, *self._row(key, answer)):
            metrics.REFUSALS.inc()
            return answer
        return await self.earlier(key) or answer

    def _row(self, key: RequestKey, answer: Answer) -> tuple[object, ...]:
        body = sealed_body(self._sealer, key, answer.body)
        return key.scope, key.key, key.fingerprint, answer.status, body

    def _replay(self, row: asyncpg.Record, key: RequestKey) -> Answer | None:
        if row["fingerprint"] is not None:
            if row["fingerprint"] != key.fingerprint:
                raise KeyReused(key.key)
            return Answer(row["status"], opened_body(self._sealer, key, row["body"]), replayed=True)
        if not row["is_free"]:
            raise InFlight(key.key)
        return None


class PostgresBookings(_Statements):
    """See `reservation_service.application.ports.Bookings`."""

    def __init__(self, pool: BookingPool, sealer: Sealer) -> None:
        super().__init__(pool, sealer, _Lots())
        self._pool = pool
        self.attempt = BookingAttempts(self._connected).attempt

    @override
    async def refuse(self, key: RequestKey, answer: Answer) -> Answer:
        """Store a refusal under its key; what is answered. Raises `TooBusy`, `KeyReused` and `InFlight`.

        The request has waited once, as an attempt: it does not wait again behind those that have not been tried.
        """
        async with self._connected(again=True) as statements:
            return await statements.refuse(key, answer)

    @asynccontextmanager
    async def _connected(self, *, again: bool = False) -> AsyncGenerator[_Statements]:
        """The limiter's permit and a connection: neither without the other."""
        try:
            async with self._pool.connection(again=again) as connection:
                yield _Statements(connection, self._sealer, self._lots)
        except AllTaken as error:
            raise TooBusy from error
