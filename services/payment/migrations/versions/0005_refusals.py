"""The outbox says which events Kafka refused: reservation lets the holds of others expire meanwhile."""

from alembic import op

from parking_messaging.migrations import drop_refusals, note_refusals

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    note_refusals(op)


def downgrade() -> None:
    drop_refusals(op)
