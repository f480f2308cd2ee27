"""A copy of the bookings, and the changes that take supply away from under them."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE bookings (
            reservation_id uuid CONSTRAINT pk_bookings PRIMARY KEY,
            parking_lot_id uuid NOT NULL,
            spot_id uuid NOT NULL,
            spot_number text NOT NULL,
            status text NOT NULL,
            starts_at timestamptz NOT NULL,
            ends_at timestamptz NOT NULL,
            version integer NOT NULL,
            committed_at timestamptz NOT NULL
        )
    """)
    op.execute("""
        CREATE INDEX ix_bookings_needing_supply ON bookings (parking_lot_id, spot_id)
        WHERE status NOT IN ('cancelled', 'completed', 'expired', 'no_show')
    """)
    op.execute("CREATE INDEX ix_bookings_committed_at ON bookings (committed_at)")
    op.execute("""
        CREATE TABLE supply_changes (
            id uuid CONSTRAINT pk_supply_changes PRIMARY KEY,
            parking_lot_id uuid NOT NULL
                CONSTRAINT fk_supply_changes_parking_lot_id REFERENCES lots (id),
            organization_id uuid NOT NULL,
            affected varchar(16) NOT NULL,
            status varchar(16) NOT NULL,
            total integer NOT NULL,
            moved integer NOT NULL,
            refunded integer NOT NULL,
            cancelled integer NOT NULL,
            waiting_for_exit integer NOT NULL,
            started_at timestamptz NOT NULL,
            ended_at timestamptz,
            version integer NOT NULL,
            import_id uuid CONSTRAINT fk_supply_changes_import_id REFERENCES imports (id)
        )
    """)
    op.execute("CREATE INDEX ix_supply_changes_import_id ON supply_changes (import_id, id) WHERE import_id IS NOT NULL")
    op.execute("ALTER TABLE imports ADD COLUMN affected varchar(16)")


def downgrade() -> None:
    op.execute("ALTER TABLE imports DROP COLUMN affected")
    op.execute("DROP TABLE supply_changes")
    op.execute("DROP TABLE bookings")
