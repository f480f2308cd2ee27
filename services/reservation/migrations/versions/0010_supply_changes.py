"""Supply that goes away under bookings: the changes, what they took, and from where a booking was moved.

Spots that went before changes had names may have bookings still. Each lot with such spots gets a change of its own, by
which they are moved or given back. Which lots are retired is not known here before their next event.
"""

from alembic import op

revision = "0010"
down_revision = "0009"

STATEMENTS = (
    "ALTER TABLE lots ADD COLUMN is_retired boolean NOT NULL DEFAULT false, ADD COLUMN supply_change_id uuid",
    "ALTER TABLE spots ADD COLUMN supply_change_id uuid",
    "CREATE INDEX ix_lots_supply_change_id ON lots (supply_change_id) WHERE supply_change_id IS NOT NULL",
    "CREATE INDEX ix_spots_supply_change_id ON spots (supply_change_id) WHERE NOT in_service",
    "ALTER TABLE reservations ADD COLUMN moved_from jsonb",
    """
    CREATE TABLE supply_changes (
        id uuid CONSTRAINT pk_supply_changes PRIMARY KEY,
        parking_lot_id uuid NOT NULL,
        organization_id uuid NOT NULL,
        affected varchar(16) NOT NULL,
        status varchar(16) NOT NULL,
        total integer NOT NULL,
        moved integer NOT NULL,
        refunded integer NOT NULL,
        cancelled integer NOT NULL,
        waiting uuid[] NOT NULL,
        exited integer NOT NULL,
        last_reservation_id uuid,
        last_outcome varchar(32),
        settled_by timestamptz,
        due_at timestamptz NOT NULL,
        at timestamptz NOT NULL,
        version integer NOT NULL
    )
    """,
    "CREATE INDEX ix_supply_changes_due_at ON supply_changes (due_at) WHERE status = 'running'",
    """
    INSERT INTO supply_changes (id, parking_lot_id, organization_id, affected, status,
        total, moved, refunded, cancelled, waiting, exited, due_at, at, version)
    SELECT gen_random_uuid(), lots.id, lots.organization_id, 'move', 'running', 0, 0, 0, 0, '{}', 0, now(), now(), 1
    FROM lots
    WHERE EXISTS (
        SELECT FROM spots
        JOIN allocations a ON a.parking_lot_id = lots.id AND a.spot_id = spots.id
        WHERE spots.parking_lot_id = lots.id AND NOT spots.in_service)
    """,
    """
    UPDATE spots SET supply_change_id = supply_changes.id
    FROM supply_changes
    WHERE supply_changes.parking_lot_id = spots.parking_lot_id AND NOT spots.in_service
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE supply_changes")
    op.execute("ALTER TABLE reservations DROP COLUMN moved_from")
    op.execute("ALTER TABLE spots DROP COLUMN supply_change_id")
    op.execute("ALTER TABLE lots DROP COLUMN is_retired, DROP COLUMN supply_change_id")
