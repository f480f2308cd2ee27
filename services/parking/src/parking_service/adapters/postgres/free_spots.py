"""How many spots of each lot are available now, worked out again whenever that may have changed."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from parking_kernel.sightings import SIGHTING_HOLDS_FOR
from parking_service.adapters.postgres.tables import COUNTS_FROM, NEEDS_SUPPLY, free_spots
from parking_service.domain.available_now import FreeSpots, Present, Sensors, available_now
from parking_service.domain.occupancy import FRESH, SILENCE_HALVES_IN, LotCountState

RULES = {"fresh": FRESH, "halves": SILENCE_HALVES_IN.total_seconds(), "holds": SIGHTING_HOLDS_FOR}

# Before anything is read: a change marks its lot under this lock, so what is read now holds every
# change that was marked before, and a later one is marked after this is written.
LOCK = text("""
    SELECT FROM free_spots WHERE parking_lot_id = ANY(CAST(:lot_ids AS uuid[])) ORDER BY parking_lot_id FOR UPDATE
""")
SOON = text("""
    UPDATE free_spots SET next_at = statement_timestamp()
    WHERE parking_lot_id = ANY(CAST(:lot_ids AS uuid[])) AND (next_at IS NULL OR next_at > statement_timestamp())
""")
DUE = text("""
    SELECT parking_lot_id FROM free_spots WHERE next_at <= statement_timestamp()
    ORDER BY parking_lot_id LIMIT :limit FOR UPDATE SKIP LOCKED
""")
# `spot` is each spot that is not removed, with what was last seen of it and whether somebody's booking has it now.
# Of the bookings those are read that count now, and the first of the others: a busy lot has thousands of them.
PRESENT = text(f"""
    SELECT lot.id, statement_timestamp() AS at, seen.*, stays.*, c.parking_lot_id IS NOT NULL AS is_counted,
        c.occupied, c.capacity, c.observed_at AS count_observed_at, c.changed_at AS count_changed_at, c.version
    FROM unnest(CAST(:lot_ids AS uuid[])) AS lot (id)
    LEFT JOIN lot_counts c ON c.parking_lot_id = lot.id
    CROSS JOIN LATERAL (
        SELECT count(*) AS spots, count(*) FILTER (WHERE in_service) AS usable,
            count(*) FILTER (WHERE in_service AND (is_seen AND occupied OR is_booked)) AS unavailable,
            count(*) FILTER (WHERE in_service AND is_seen) AS seen,
            count(*) FILTER (WHERE in_service AND is_seen AND occupied) AS taken,
            count(*) FILTER (WHERE in_service AND is_fresh) AS fresh,
            min(observed_at) FILTER (WHERE in_service AND is_fresh) AS fresh_since,
            coalesce(sum(
                power(0.5, extract(epoch FROM statement_timestamp() - :fresh - observed_at)::float8 / :halves)
            ) FILTER (WHERE in_service AND is_seen AND NOT is_fresh), 0)::float8 AS fading,
            max(observed_at) FILTER (WHERE in_service) AS observed_at,
            max(changed_at) FILTER (WHERE in_service) AS changed_at,
            least(
                min(observed_at + :fresh) FILTER (WHERE is_fresh), min(observed_at + :holds) FILTER (WHERE is_seen)
            ) AS fades_at
        FROM (
            SELECT p.status = 'in_service' AS in_service, o.occupied, o.observed_at, o.changed_at,
                o.observed_at > statement_timestamp() - CAST(:fresh AS interval) AS is_fresh,
                o.observed_at > statement_timestamp() - CAST(:holds AS interval) AS is_seen,
                booked.spot_id IS NOT NULL AS is_booked
            FROM spots p LEFT JOIN spot_occupancy o ON o.spot_id = p.id LEFT JOIN (
                SELECT DISTINCT spot_id FROM bookings
                WHERE parking_lot_id = lot.id AND {NEEDS_SUPPLY.text} AND {COUNTS_FROM.text} <= statement_timestamp()
                    AND (status = 'active' OR ends_at > statement_timestamp())
            ) booked ON booked.spot_id = p.id
            WHERE p.parking_lot_id = lot.id AND p.status <> 'removed'
        ) spot
    ) seen
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE is_in) AS inside,
            count(*) FILTER (WHERE NOT is_in AND ends_at > statement_timestamp()) AS expected,
            least(
                min(ends_at) FILTER (WHERE NOT is_in AND ends_at > statement_timestamp()),
                (SELECT {COUNTS_FROM.text} FROM bookings
                WHERE parking_lot_id = lot.id AND {NEEDS_SUPPLY.text} AND {COUNTS_FROM.text} > statement_timestamp()
                ORDER BY {COUNTS_FROM.text} LIMIT 1)
            ) AS booked_at
        FROM (
            SELECT status = 'active' AS is_in, ends_at FROM bookings
            WHERE parking_lot_id = lot.id AND {NEEDS_SUPPLY.text} AND {COUNTS_FROM.text} <= statement_timestamp()
        ) booking
    ) stays
""")  # noqa: S608 - the fragment is a constant; every value is an argument

COUNTS = ("occupied", "capacity", "count_observed_at", "count_changed_at", "version")
UPSERT = insert(free_spots)
WRITE = UPSERT.on_conflict_do_update(
    index_elements=["parking_lot_id"],
    set_={each.name: UPSERT.excluded[each.name] for each in fields(FreeSpots)},
)


async def recount(connection: AsyncConnection, lot_ids: Sequence[UUID]) -> None:
    """Work out and store what is available in the lots now, and when that has to be done again."""
    if not lot_ids:
        return
    await connection.execute(LOCK, {"lot_ids": lot_ids})
    found = (await connection.execute(PRESENT, {"lot_ids": sorted(lot_ids), **RULES})).mappings()
    rows = [{"parking_lot_id": row["id"], **asdict(available_now(_present(row)))} for row in found]
    await connection.execute(WRITE, rows)


async def recount_soon(connection: AsyncConnection, lot_ids: Sequence[UUID]) -> None:
    """Have what is available in the lots worked out again after this transaction."""
    if lot_ids:
        await connection.execute(LOCK, {"lot_ids": lot_ids})
        await connection.execute(SOON, {"lot_ids": lot_ids})


async def due_for_recount(connection: AsyncConnection, limit: int) -> Sequence[UUID]:
    """The lots of which what is available has changed, or has to be looked at again; nobody else recounts them."""
    return (await connection.execute(DUE, {"limit": limit})).scalars().all()


def _present(row: Any) -> Present:
    changes_at = [each for each in (row["fades_at"], row["booked_at"]) if each is not None]
    return Present(
        at=row["at"],
        spots=row["spots"],
        usable=row["usable"],
        unavailable=row["unavailable"],
        inside=row["inside"],
        expected=row["expected"],
        sensors=Sensors(**{each.name: row[each.name] for each in fields(Sensors)}),
        count=LotCountState(row["id"], *(row[name] for name in COUNTS)) if row["is_counted"] else None,
        changes_at=min(changes_at, default=None),
    )
