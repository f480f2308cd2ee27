"""Who works for an organization: its members are notified too, and one event may notify several of them."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE organizations (
            id uuid CONSTRAINT pk_organizations PRIMARY KEY,
            members uuid[] NOT NULL,
            version integer NOT NULL
        )
    """)
    op.execute("ALTER TABLE notifications ADD CONSTRAINT uq_notifications_event_id_user_id UNIQUE (event_id, user_id)")
    op.execute("ALTER TABLE notifications DROP CONSTRAINT uq_notifications_event_id")


def downgrade() -> None:
    # An older version knows neither these kinds nor several notifications of one event.
    op.execute("""
        DELETE FROM deliveries
        WHERE notification_id IN (SELECT id FROM notifications WHERE kind IN ('driver_suspended', 'driver_reinstated'))
    """)
    op.execute("DELETE FROM notifications WHERE kind IN ('driver_suspended', 'driver_reinstated')")
    op.execute("ALTER TABLE notifications ADD CONSTRAINT uq_notifications_event_id UNIQUE (event_id)")
    op.execute("ALTER TABLE notifications DROP CONSTRAINT uq_notifications_event_id_user_id")
    op.execute("DROP TABLE organizations")
