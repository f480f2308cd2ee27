"""What is read to say how many spots are available now: the bookings of now and the next, however many there are."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from parking_kernel.askers import THE_SERVICE
from parking_platform.testing.plans import RowsRead, rows_read
from parking_platform.testing.servers import SchemaOwner
from parking_service.bootstrap import Parking

SPOTS, LATER, NOW, INSIDE, OVER = 20, 200, 5, 2, 100
COUNTING: Final = NOW + INSIDE
INDEX: Final = "ix_bookings_counting_from"

# Of one lot: each spot has bookings in hours to come, five have one now, one of two cars came days before its time.
BUSY: Final = """
WITH spot AS (SELECT id, number, row_number() OVER (ORDER BY id) AS place FROM spots WHERE parking_lot_id = :lot_id),
booked (spot_id, number, status, starts_in) AS (
    SELECT id, number, 'confirmed', n * interval '2 hours' FROM spot, generate_series(1, :later) AS n
    UNION ALL SELECT id, number, 'completed', n * interval '-2 hours' FROM spot, generate_series(1, :over) AS n
    UNION ALL SELECT id, number, 'pending', interval '-30 minutes' FROM spot WHERE place <= :now
    UNION ALL SELECT id, number, 'active', (place - :now - 1) * interval '3 days' FROM spot
        WHERE place > :now AND place <= :now + :inside
)
INSERT INTO bookings (
    reservation_id, parking_lot_id, spot_id, spot_number, status, starts_at, ends_at, version, committed_at)
SELECT gen_random_uuid(), :lot_id, spot_id, number, status, now() + starts_in, now() + starts_in + interval '1 hour',
    1, now()
FROM booked
"""
FOUND: Final = "SELECT free, next_at - now() AS changes_in FROM free_spots WHERE parking_lot_id = :lot_id"


async def test_the_bookings_that_count_now_and_the_next_are_read_and_no_others(parking: Parking, operator: Any) -> None:
    lot_id = await busy_lot(parking, operator)
    read = await recounted(parking, lot_id)
    assert read.scanned == []
    assert read.rows["bookings"] == 2 * COUNTING + 1, "for the spots, for the gates, and the next one"
    async with parking.engine.connect() as connection:
        (found,) = await connection.execute(text(FOUND), {"lot_id": lot_id})
    assert found.free == SPOTS - COUNTING
    assert 0 < found.changes_in.total_seconds() <= 30 * 60, "when those that began half an hour ago are over"


async def test_without_the_index_all_are_read_that_are_not_over(
    parking: Parking, operator: Any, schema_owner: SchemaOwner
) -> None:
    """The negative control."""
    lot_id = await busy_lot(parking, operator)
    await schema_owner.run(f"DROP INDEX {INDEX}")
    assert (await recounted(parking, lot_id)).rows["bookings"] >= SPOTS * LATER


async def busy_lot(parking: Parking, operator: Any) -> UUID:
    lot_id = UUID((await operator.lot())["id"])
    await operator.spots(str(lot_id), *(str(number) for number in range(SPOTS)))
    counts = {"later": LATER, "over": OVER, "now": NOW, "inside": INSIDE}
    await run(parking, BUSY, lot_id=lot_id, **counts)
    await run(parking, "ANALYZE bookings")
    return lot_id


async def recounted(parking: Parking, lot_id: UUID) -> RowsRead:
    with rows_read(parking.engine, "bookings") as found:
        async with parking.use_cases.recount_free_spots.open_work(THE_SERVICE) as work:
            await work.occupancy.recount([lot_id])
    return found


async def run(parking: Parking, statement: str, **values: object) -> None:
    async with parking.engine.begin() as connection:
        await connection.execute(text(statement), values)
