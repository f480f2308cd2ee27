"""The hot path on the driver itself: find in one round trip, book in one statement (docs/decisions/0018)."""

import asyncio
import json
from datetime import timedelta
from hashlib import blake2b
from importlib import resources

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from parking_messaging.outbox_rows import outbox_values
from reservation_service.adapters.kafka.to_wire import to_wire
from reservation_service.adapters.postgres.lots import lot_of
from reservation_service.adapters.postgres.reservations import reservation_row
from reservation_service.application.ports import Answer, InFlight, KeyReused, Offer, RequestKey, Wish
from reservation_service.domain.errors import UnknownLot, UnknownSpot
from reservation_service.domain.lots import Spot
from reservation_service.domain.reservations import Reservation

LOCK_BYTES = 8
CONNECT_SECONDS = 5.0
STATEMENT_SECONDS = 10.0


def _statement(name: str) -> str:
    return resources.files(__package__).joinpath("statements", f"{name}.sql").read_text()


FIND_NAMED_SPOT = _statement("find_named_spot")
FIND_ANY_SPOT = _statement("find_any_spot")
BOOK = _statement("book")
FIND_EARLIER_ANSWER = _statement("find_earlier_answer")
KEEP_REFUSAL = _statement("keep_refusal")
FORGET_ANSWERS = "DELETE FROM idempotency_keys WHERE created_at < now() - $1::interval"

# In the order of the parameters of book.sql.
RESERVATION = (
    *("id", "user_id", "organization_id", "parking_lot_id", "spot_id", "spot_number", "spot_type"),
    *("starts_at", "ends_at", "status", "tariff_id", "currency", "charges", "refund_due"),
    *("created_at", "hold_expires_at", "vehicle_plate", "version"),
)
EVENT = ("id", "aggregatetype", "aggregateid", "version", "partition_key", "type", "payload", "headers")


class BookingPool:
    """Connections of the driver itself, opened at first use: the booking path has no time for a session."""

    def __init__(self, database_url: str, size: int) -> None:
        self._database_url = database_url
        self._size = size
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._opening = asyncio.Lock()

    async def fetch(self, statement: str, *values: object) -> list[asyncpg.Record]:
        """The rows of a statement, which is a transaction of its own."""
        return await (await self._opened()).fetch(statement, *values)

    async def execute(self, statement: str, *values: object) -> str:
        """The command tag of a statement, which is a transaction of its own."""
        return await (await self._opened()).execute(statement, *values)

    async def close(self) -> None:
        """Finish what is under way and let the connections go."""
        if self._pool is not None:
            await self._pool.close()

    async def _opened(self) -> "asyncpg.Pool[asyncpg.Record]":
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._database_url,
                    min_size=1,
                    max_size=self._size,
                    timeout=CONNECT_SECONDS,
                    command_timeout=STATEMENT_SECONDS,
                    init=_set_up,
                    server_settings={"application_name": "reservation-booking", "timezone": "UTC"},
                )
        return self._pool


class PostgresBookings:
    """See `reservation_service.application.ports.Bookings`. Each statement is a transaction of its own."""

    def __init__(self, pool: BookingPool) -> None:
        self._pool = pool

    async def find(self, wish: Wish, limit: int) -> Offer:
        """The lot, and the spots to try. Raises `UnknownLot`, and `UnknownSpot` for a named one."""
        if wish.spot_id:
            rows = await self._pool.fetch(FIND_NAMED_SPOT, wish.parking_lot_id, wish.spot_id)
        else:
            period = wish.period
            values = (wish.parking_lot_id, period.starts_at, period.ends_at, wish.spot_type, limit)
            rows = await self._pool.fetch(FIND_ANY_SPOT, *values)
        if not rows:
            raise UnknownLot(wish.parking_lot_id)
        spots = [Spot(row["spot_id"], row["spot_number"], row["spot_type"]) for row in rows if row["spot_id"]]
        if wish.spot_id and not spots:
            raise UnknownSpot(wish.spot_id)
        return Offer(lot_of(rows[0]), spots, rows[0]["as_of"])

    async def book(self, reservation: Reservation, key: RequestKey, answer: Answer) -> Answer | None:
        """Write hold, spot's time, events and answer: all, or nothing when the time is taken."""
        state = reservation.state
        columns = reservation_row(state)
        events = [outbox_values(to_wire(event)) for event in reservation.events]
        values = (
            *(_lock(key), key.scope, key.key, key.fingerprint, answer.status, answer.body),
            *(columns[name] for name in RESERVATION),
            *([event[name] for event in events] for name in EVENT),
        )
        try:
            (row,) = await self._pool.fetch(BOOK, *values)
        except asyncpg.UniqueViolationError:
            return await self.earlier(key)
        if replayed := _replay(row, key):
            return replayed
        return answer if row["is_booked"] else None

    async def earlier(self, key: RequestKey) -> Answer | None:
        """The first answer to this key. Raises `KeyReused` and `InFlight`."""
        (row,) = await self._pool.fetch(FIND_EARLIER_ANSWER, _lock(key), key.scope, key.key)
        return _replay(row, key)

    async def refuse(self, key: RequestKey, answer: Answer) -> Answer:
        """Keep a refusal under its key; what is answered. Raises `KeyReused` and `InFlight`."""
        values = (key.scope, key.key, key.fingerprint, answer.status, answer.body)
        if await self._pool.execute(KEEP_REFUSAL, *values) == "INSERT 0 1":
            return answer
        return await self.earlier(key) or answer

    async def forget_answers(self, older_than: timedelta) -> int:
        """Delete answers that were kept for longer; how many."""
        return int((await self._pool.execute(FORGET_ANSWERS, older_than)).removeprefix("DELETE "))


def _replay(row: asyncpg.Record, key: RequestKey) -> Answer | None:
    if row["fingerprint"] is not None:
        if row["fingerprint"] != key.fingerprint:
            raise KeyReused(key.key)
        return Answer(row["status"], row["body"], replayed=True)
    if not row["is_free"]:
        raise InFlight(key.key)
    return None


def _lock(key: RequestKey) -> int:
    """A 64-bit number for the advisory lock; two keys that share it only wait for each other."""
    digest = blake2b(f"{key.scope}\0{key.key}".encode(), digest_size=LOCK_BYTES).digest()
    return int.from_bytes(digest, signed=True)


async def _set_up(connection: "PoolConnectionProxy[asyncpg.Record] | asyncpg.Connection[asyncpg.Record]") -> None:
    await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
