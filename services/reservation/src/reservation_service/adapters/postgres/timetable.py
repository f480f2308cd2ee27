"""Whose each spot's time is, in PostgreSQL. The exclusion constraint alone refuses a double booking."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from parking_kernel.periods import Period
from reservation_service.application.ports import SpotRequest
from reservation_service.domain.lots import GIVEN_TO_ANYBODY, SPOT_TYPES, Spot
from reservation_service.domain.reservations import ReservationState

# No conflict target is named: only so does it cover the exclusion constraint, and a plain INSERT that catches the
# violation deadlocks under contention (docs/decisions/0001).
TAKE = text(
    """
    INSERT INTO allocations (id, parking_lot_id, spot_id, during, reservation_id)
    VALUES (gen_random_uuid(), :parking_lot_id, :spot_id, tstzrange(:starts_at, :ends_at, '[)'), :reservation_id)
    ON CONFLICT DO NOTHING
    """
)
RELEASE = text("DELETE FROM allocations WHERE reservation_id = :reservation_id")

# NOT IN reads what is taken once, from the constraint's own index (docs/decisions/0001).
FREE_SPOTS = text(
    """
    SELECT s.id, s.number, s.type FROM spots s
    WHERE s.parking_lot_id = :parking_lot_id AND s.in_service
        AND (s.type = :spot_type OR (CAST(:spot_type AS text) IS NULL AND s.type = ANY (:given)))
        AND s.id NOT IN (
            SELECT a.spot_id FROM allocations a
            WHERE a.parking_lot_id = :parking_lot_id AND a.blocking
                AND a.during && tstzrange(:starts_at, :ends_at, '[)'))
    ORDER BY s.number LIMIT :limit
    """
)


class PostgresTimetable:
    """See `reservation_service.application.ports.Timetable`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def take(self, reservation: ReservationState) -> bool:
        """Take the spot's time; false when any of it is taken."""
        values = {
            "parking_lot_id": reservation.parking_lot_id,
            "spot_id": reservation.spot.id,
            "starts_at": reservation.period.starts_at,
            "ends_at": reservation.period.ends_at,
            "reservation_id": reservation.id,
        }
        return (await self._connection.execute(TAKE, values)).rowcount == 1

    async def release(self, reservation_id: UUID) -> None:
        """Give all time back that a reservation holds."""
        await self._connection.execute(RELEASE, {"reservation_id": reservation_id})

    async def free_spots(self, parking_lot_id: UUID, period: Period, spot_type: str | None) -> Sequence[Spot]:
        """All spots in service that are free for the whole period, by number."""
        return await self._free(SpotRequest(parking_lot_id, period, spot_type=spot_type), given=SPOT_TYPES, limit=None)

    async def free_spot(self, request: SpotRequest) -> Spot | None:
        """One of those that a request for any spot, or any of a type, could be met with."""
        return next(iter(await self._free(request, given=GIVEN_TO_ANYBODY, limit=1)), None)

    async def _free(self, request: SpotRequest, given: Sequence[str], limit: int | None) -> Sequence[Spot]:
        values = {
            "parking_lot_id": request.parking_lot_id,
            "starts_at": request.period.starts_at,
            "ends_at": request.period.ends_at,
            "spot_type": request.spot_type,
            "given": list(given),
            "limit": limit,
        }
        return [Spot(*row) for row in await self._connection.execute(FREE_SPOTS, values)]
