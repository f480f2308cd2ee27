"""What reservations want back, order by order, and what came of each.

Refunds that the release before made by the sum alone, and still makes while both run, become orders when the next event
of their reservation comes (`payment_service.domain.new_refund_orders.earlier_orders`).
"""

from alembic import op

revision = "0004"
down_revision = "0003"

ORDERS = """
CREATE TABLE refund_orders (
    id uuid CONSTRAINT pk_refund_orders PRIMARY KEY,
    reservation_id uuid NOT NULL,
    payment_id uuid NOT NULL,
    is_named boolean NOT NULL,
    currency varchar(3) NOT NULL,
    amount bigint NOT NULL,
    reason varchar(64) NOT NULL,
    ordered_at timestamptz NOT NULL,
    place integer NOT NULL,
    given_before bigint NOT NULL,
    refunded bigint NOT NULL,
    covered_by_goodwill bigint NOT NULL,
    lost_to_dispute bigint NOT NULL,
    exceeds_payment bigint NOT NULL,
    decided_at timestamptz,
    CONSTRAINT ck_refund_orders_parts_add_up CHECK (
        least(given_before, refunded, covered_by_goodwill, lost_to_dispute, exceeds_payment) >= 0
        AND CASE
            WHEN decided_at IS NULL THEN given_before <= amount
                AND refunded + covered_by_goodwill + lost_to_dispute + exceeds_payment = 0
            ELSE given_before + refunded + covered_by_goodwill + lost_to_dispute + exceeds_payment = amount
        END
    )
);
CREATE INDEX ix_refund_orders_reservation_id ON refund_orders (reservation_id);
CREATE INDEX ix_refund_orders_payment_id ON refund_orders (payment_id);
CREATE INDEX ix_refund_orders_waiting ON refund_orders (ordered_at) WHERE decided_at IS NULL;
CREATE INDEX ix_refund_orders_decided_at ON refund_orders (decided_at);
CREATE INDEX ix_refunds_outstanding ON refunds (payment_id) WHERE status <> 'succeeded';
"""


def upgrade() -> None:
    for statement in ORDERS.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    op.execute("DROP INDEX ix_refunds_outstanding")
    op.execute("DROP TABLE refund_orders")
