"""Who cancelled a driver's reservation for a lot's operator, when and why."""

from alembic import op

revision = "0016"
down_revision = "0012"

# No foreign key: the history is partitioned, and an id alone names a reservation.
OPERATOR_CANCELLATIONS = """
CREATE TABLE operator_cancellations (
    reservation_id uuid CONSTRAINT pk_operator_cancellations PRIMARY KEY,
    cancelled_by uuid NOT NULL,
    reason text NOT NULL,
    refund varchar(16) NOT NULL,
    cancelled_at timestamptz NOT NULL
)
"""


def upgrade() -> None:
    op.execute(OPERATOR_CANCELLATIONS)


def downgrade() -> None:
    op.execute("DROP TABLE operator_cancellations")
