"""Whose each spot's time is, in PostgreSQL. The exclusion constraint alone refuses a double booking."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from parking_kernel.periods import Period
from reservation_service.adapters.postgres.statement_texts import FREE_SPOTS, statement
from reservation_service.application.ports import SpotRequest
from reservation_service.domain.lots import GIVEN_TO_ANYBODY, SPOT_TYPES, Spot
from reservation_service.domain.reservations import ReservationState

# No conflict target is named: only so does it cover the exclusion constraint, and a plain INSERT that catches the
# violation deadlocks under contention (docs/decisions/0001).
EXTEND = text(
    """
    INSERT INTO allocations (id, parking_lot_id, spot_id, during, reservation_id)
    VALUES (gen_random_uuid(), :parking_lot_id, :spot_id, tstzrange(:starts_at, :ends_at, '[)'), :reservation_id)
    ON CONFLICT DO NOTHING
    """
)
# Lot and spot stay as they are until the commit: what a change of supply does not see it would not find.
TAKE = text(
    """
    INSERT INTO allocations (id, parking_lot_id, spot_id, during, reservation_id)
    SELECT gen_random_uuid(), lots.id, spots.id,
        tstzrange(CAST(:starts_at AS timestamptz), CAST(:ends_at AS timestamptz), '[)'), CAST(:reservation_id AS uuid)
    FROM spots
    JOIN lots ON lots.id = spots.parking_lot_id
    WHERE spots.id = :spot_id AND lots.id = :parking_lot_id AND spots.in_service
    FOR SHARE
    ON CONFLICT DO NOTHING
    """
)
RELEASE = text("DELETE FROM allocations WHERE reservation_id = :reservation_id")
END_OF = text("SELECT max(upper(during)) FROM allocations WHERE reservation_id = :reservation_id")
LEAVE = text(f"{RELEASE.text} RETURNING lower(during), upper(during)")

# Two that move onto each other's spots would each wait for what the other has left: one of a lot moves at a time.
ONE_MOVES = text("SELECT pg_advisory_xact_lock(:what, hashtext(CAST(:parking_lot_id AS text)))")
_MOVES = 1  # the kind of lock; those of requests have one number, not two, and so never meet these

PICK_FREE_SPOTS = statement("pick_free_spots", free_spots=FREE_SPOTS)


class PostgresTimetable:
    """See `reservation_service.application.ports.Timetable`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def take(self, reservation: ReservationState) -> bool:
        """Take the spot's time; false when any of it is taken, or when the spot is not in service."""
        return await self._take(TAKE, reservation, reservation.spot, reservation.period)

    async def extend(self, reservation: ReservationState, until: datetime) -> bool:
        """Take the spot's time from where the reservation's ends; false, and nothing changed, when any of it is taken.

        A row of its own: UPDATEs of `during` deadlock (docs/decisions/0001).
        """
        ends_at = (await self._connection.execute(END_OF, {"reservation_id": reservation.id})).scalar_one()
        if ends_at is None or until <= ends_at:
            raise ValueError(f"the time of reservation {reservation.id} ends at {ends_at}, not before {until}")
        return await self._take(EXTEND, reservation, reservation.spot, Period(ends_at, until))

    async def move(self, reservation: ReservationState, spot: Spot) -> bool:
        """Take another spot's time for all the time that it holds, and free that; false where `take` would be.

        DELETE, then INSERT, within a savepoint: where the INSERT writes no row the DELETE is undone, and the caller may
        try another spot. In one statement the DELETE would be committed alone.
        """
        savepoint = await self._connection.begin_nested()
        async with savepoint:
            await self._connection.execute(
                ONE_MOVES, {"what": _MOVES, "parking_lot_id": str(reservation.parking_lot_id)}
            )
            left = (await self._connection.execute(LEAVE, {"reservation_id": reservation.id})).all()
            if not left:
                raise ValueError(f"reservation {reservation.id} holds no time")
            period = Period(min(starts_at for starts_at, _ in left), max(ends_at for _, ends_at in left))
            is_moved = await self._take(TAKE, reservation, spot, period)
            if not is_moved:
                await savepoint.rollback()
        return is_moved

    async def release(self, reservation_id: UUID) -> None:
        """Give all time back that a reservation holds."""
        await self._connection.execute(RELEASE, {"reservation_id": reservation_id})

    async def free_spots(self, parking_lot_id: UUID, period: Period, spot_type: str | None) -> Sequence[Spot]:
        """All spots in service that are free for the whole period, by number."""
        return await self._free(SpotRequest(parking_lot_id, period, spot_type=spot_type), given=SPOT_TYPES, limit=None)

    async def free_spot(self, request: SpotRequest) -> Spot | None:
        """One of those that a request for any spot, or any of a type, could be met with."""
        return next(iter(await self._free(request, given=GIVEN_TO_ANYBODY, limit=1)), None)

    async def _take(self, by: TextClause, reservation: ReservationState, spot: Spot, period: Period) -> bool:
        values = {
            "parking_lot_id": reservation.parking_lot_id,
            "spot_id": spot.id,
            "starts_at": period.starts_at,
            "ends_at": period.ends_at,
            "reservation_id": reservation.id,
        }
        return (await self._connection.execute(by, values)).rowcount == 1

    async def _free(self, request: SpotRequest, given: Sequence[str], limit: int | None) -> Sequence[Spot]:
        period, spot_type = request.period, request.spot_type
        types = [spot_type] if spot_type else list(given)
        values = (request.parking_lot_id, period.starts_at, period.ends_at, spot_type, types, limit)
        return [Spot(*row) for row in await self._connection.exec_driver_sql(PICK_FREE_SPOTS, values)]
