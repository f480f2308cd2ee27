"""What has to go back is ordered by name: each order has its payment, its amount and its reason.

`refund_due` stays as their sum, which the table checks. `returned` is written no more; it goes with the next release,
since the one before this still reads it while both run. That one cannot order a refund any more, since it names no
payment: the check refuses it, so that a driver's cancellation is tried again, and an event becomes a dead letter.
"""

from typing import Any
from uuid import UUID, uuid5

from alembic import op
from sqlalchemy import ARRAY, BigInteger, String, Uuid, bindparam, column, select, table
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"

ADD = (
    "ALTER TABLE reservations ADD COLUMN refund_orders jsonb NOT NULL DEFAULT '[]'",
    """
    CREATE FUNCTION refund_orders_total(orders jsonb) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
        SELECT coalesce(sum((each ->> 'amount')::bigint), 0)::bigint FROM jsonb_array_elements(orders) AS each
    $$
    """,
)
# In this order: a booking, which orders nothing, never calls the function.
CHECK = """
    ALTER TABLE reservations ADD CONSTRAINT ck_reservations_refund_due_is_the_orders_sum
    CHECK (refund_due = 0 AND refund_orders = '[]' OR refund_due = refund_orders_total(refund_orders))
"""

reservations = table(
    "reservations",
    column("id", Uuid),
    column("status", String),
    column("charges", JSONB),
    column("refund_due", BigInteger),
    column("returned", ARRAY(Uuid)),
    column("refund_orders", JSONB),
)
SET_ORDERS = (
    reservations.update()
    .where(reservations.c.id == bindparam("of"))
    .values(refund_orders=bindparam("orders", type_=JSONB))
)
RETURNED = """
    UPDATE reservations SET returned = ARRAY(
        SELECT DISTINCT (o ->> 'payment_id')::uuid FROM jsonb_array_elements(refund_orders) AS o WHERE NOT EXISTS (
            SELECT FROM jsonb_array_elements(charges) AS c WHERE c ->> 'paid_by' = o ->> 'payment_id'))
    WHERE refund_orders <> '[]'
"""


def upgrade() -> None:
    for statement in ADD:
        op.execute(statement)
    connection = op.get_bind()
    found = connection.execute(select(reservations).where(reservations.c.refund_due > 0)).all()
    if found:
        connection.execute(SET_ORDERS, [{"of": row.id, "orders": orders_of(row)} for row in found])
    op.execute(CHECK)


def downgrade() -> None:
    op.execute(RETURNED)
    op.execute("ALTER TABLE reservations DROP CONSTRAINT ck_reservations_refund_due_is_the_orders_sum")
    op.execute("ALTER TABLE reservations DROP COLUMN refund_orders")
    op.execute("DROP FUNCTION refund_orders_total(jsonb)")


def orders_of(row: Any) -> list[dict[str, Any]]:
    """The orders of a reservation that has the sum alone.

    What goes back by a cancellation is what the payments in `returned`, each as large as the booking's charge, do not
    account for; the newest charge's payment gives first. How much each of several payments in `returned` was is not
    kept: they share evenly, which is right but for wrong amounts. Payment has given the sum back already, by its own
    knowledge of them, and asks nobody again for what it has.
    """
    paid = [(UUID(each["paid_by"]), each["amount"]) for each in row.charges if each["paid_by"]]
    by_terms = _by_terms(row, sum(amount for _, amount in paid))
    orders = _shared(row.refund_due - by_terms, sorted(row.returned))
    for payment_id, amount in reversed(paid):
        share = min(by_terms, amount)
        by_terms -= share
        orders += [(payment_id, share)] if share else []
    if sum(amount for _, amount in orders) != row.refund_due:
        raise ValueError(f"reservation {row.id} has {row.refund_due} to give back, and no payment that it is of")
    return [
        {
            "id": str(uuid5(payment_id, "refund-order-1")),
            "payment_id": str(payment_id),
            "amount": amount,
            "reason": "converted",
        }
        for payment_id, amount in orders
    ]


def _by_terms(row: Any, paid: int) -> int:
    if not row.returned:
        return row.refund_due
    unaccounted = row.refund_due - len(row.returned) * row.charges[0]["amount"]
    return unaccounted if row.status == "cancelled" and 0 < unaccounted <= paid else 0


def _shared(total: int, payments: list[UUID]) -> list[tuple[UUID, int]]:
    if not payments:
        return []
    share, more = divmod(total, len(payments))
    return [(each, share + (place < more)) for place, each in enumerate(payments)]
