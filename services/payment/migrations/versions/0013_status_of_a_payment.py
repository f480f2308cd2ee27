"""A payment's status stands in its row, by which lists are filtered; before, refunds and dispute alone said it."""

from alembic import op

revision = "0013"
down_revision = "0012"

# As `PaymentState.status` has it.
STATUS = """
UPDATE payments SET status = CASE
    WHEN dispute_amount > 0 AND dispute_status <> 'won' THEN 'disputed'
    WHEN stage <> 'succeeded' OR refunded = 0 THEN stage
    WHEN refunded >= amount THEN 'refunded'
    ELSE 'partially_refunded'
END
FROM (
    SELECT p.id, coalesce(sum(r.amount) FILTER (WHERE r.status = 'succeeded'), 0) AS refunded
    FROM payments p LEFT JOIN refunds r ON r.payment_id = p.id
    GROUP BY p.id
) theirs
WHERE theirs.id = payments.id
"""


def upgrade() -> None:
    op.execute("ALTER TABLE payments ADD status varchar(24)")
    op.execute(STATUS)
    op.execute("ALTER TABLE payments ALTER status SET NOT NULL")
    op.execute("CREATE INDEX ix_payments_of_status ON payments (organization_id, status, requested_at, id)")
    op.execute("CREATE INDEX ix_payments_of_lot ON payments (organization_id, parking_lot_id, requested_at, id)")


def downgrade() -> None:
    op.execute("DROP INDEX ix_payments_of_lot, ix_payments_of_status")
    op.execute("ALTER TABLE payments DROP status")
