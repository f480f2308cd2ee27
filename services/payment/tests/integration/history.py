"""A long history: payments, refunds and orders that were settled long ago, and what a question costs beside it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

MANY = 1_000_000
BATCH = 100_000
TABLES = ("payments", "refunds", "refund_orders", "reservation_dues")

# Ids follow from the numbers, so that the rows of several tables find each other.
PAYMENTS = """
    INSERT INTO payments (id, charge_id, reservation_id, user_id, organization_id, parking_lot_id, currency, amount,
        tax, stage, status, is_live, save_method, intent_key, requested_at, succeeded_at, version)
    SELECT u.id, u.id, u.id, u.id, u.id, u.id, 'CHF', 1250, 89, 'succeeded', 'succeeded', true, false, 'key',
        at, at + interval '1 minute', 2
    FROM generate_series(CAST(:first AS int), CAST(:last AS int)) n,
        LATERAL (SELECT lpad(to_hex(n), 32, '0')::uuid, now() - interval '30 days' + n * interval '1 second')
            u (id, at)
"""
COPIES = """
    INSERT INTO reservation_dues
    SELECT lpad(to_hex(n), 32, '0')::uuid, 'completed',
        jsonb_build_array(jsonb_build_object('id', lpad(to_hex(n), 32, '0')::uuid, 'status', 'paid')), 'CHF', 0, 1
    FROM generate_series(CAST(:first AS int), CAST(:last AS int)) n WHERE n % 10 > 0
"""
ORDERS = """
    INSERT INTO refund_orders (id, reservation_id, payment_id, is_named, currency, amount, reason, ordered_at, place,
        given_before, refunded, covered_by_goodwill, lost_to_dispute, exceeds_payment, decided_at)
    SELECT u.id, u.id, u.id, true, 'CHF', 1250, 'cancelled', at, 0, 0, 1250, 0, 0, 0, at
    FROM generate_series(CAST(:first AS int), CAST(:last AS int)) n,
        LATERAL (SELECT lpad(to_hex(n), 32, '0')::uuid, now() - interval '30 days' + n * interval '1 second')
            u (id, at)
    WHERE n % 10 = 0
"""
REFUNDS = """
    INSERT INTO refunds (id, payment_id, place, amount, status, reason, requested_at, key, asked, attempt, provider_id,
        is_booked, tax)
    SELECT id, payment_id, 0, refunded, 'succeeded', reason, ordered_at, 'key', 1, 1, 're_' || id, true, 89
    FROM refund_orders
    ON CONFLICT DO NOTHING
"""
# The questions of the audit have no use for them, and to write them takes most of the time.
UNUSED = (
    "ix_payments_of_user",
    "ix_payments_of_organization",
    "ix_payments_of_status",
    "ix_payments_of_lot",
    "uq_payments_live_charge",
    "ix_payments_of_reservation",
    "ix_refund_orders_reservation_id",
    "ix_refund_orders_payment_id",
)


async def settle_long_ago(superuser: AsyncEngine, count: int = MANY) -> None:
    """So many payments of which a tenth went back by order, and the others pay for their reservations.

    Nobody but the superuser writes past foreign keys.
    """
    async with superuser.begin() as connection:
        for index in UNUSED:
            await connection.execute(text(f"DROP INDEX {index}"))
        await _written(connection, count)
        for table in TABLES:
            await connection.execute(text(f"ANALYZE {table}"))


async def _written(connection: AsyncConnection, count: int) -> None:
    """As it is when the audit has closed all of it."""
    for table in TABLES:
        await connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
    for first in range(1, count + 1, BATCH):  # a statement has its limit here, too
        for statement in (PAYMENTS, COPIES, ORDERS):
            await connection.execute(text(statement), {"first": first, "last": first + BATCH - 1})
    await connection.execute(text(REFUNDS))
    for table in TABLES:
        await connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER ALL"))


@dataclass(frozen=True)
class Cost:
    """How many pages a statement reads, by which indexes, and which tables it reads as a whole."""

    pages: int
    indexes: set[str]
    whole: set[str]


async def cost(connection: AsyncConnection, statement: TextClause, **values: object) -> Cost:
    """What a statement costs that is run here."""
    explain = text(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement.text}")
    plan = (await connection.execute(explain, values)).scalar_one()[0]["Plan"]
    nodes = _nodes(plan)
    return Cost(
        plan["Shared Hit Blocks"] + plan["Shared Read Blocks"],
        {node["Index Name"] for node in nodes if "Index Name" in node},
        {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"},
    )


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", ()) for node in _nodes(child))]
