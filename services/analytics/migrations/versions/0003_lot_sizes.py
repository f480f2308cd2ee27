"""How many spots each lot had, and from when on: what was booked is a share of what there was then."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE lot_sizes (
            parking_lot_id uuid,
            version integer,
            since timestamptz NOT NULL,
            spots integer NOT NULL,
            CONSTRAINT pk_lot_sizes PRIMARY KEY (parking_lot_id, version)
        )
    """)
    # The first size that is known is of all the time before, so it does not matter since when.
    op.execute("""
        INSERT INTO lot_sizes (parking_lot_id, version, since, spots) SELECT id, version, now(), spots FROM lots
    """)


def downgrade() -> None:
    op.execute("DROP TABLE lot_sizes")
