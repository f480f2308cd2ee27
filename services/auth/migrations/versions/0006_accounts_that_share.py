"""What happened to an account's status, which accounts somebody signed in to, and from where one was registered."""

from alembic import op

revision = "0006"
down_revision = "0004"

UP = (
    """
    CREATE TABLE status_changes (
        user_id uuid NOT NULL CONSTRAINT fk_status_changes_user_id_users REFERENCES users (id),
        version integer NOT NULL,
        status varchar(16) NOT NULL,
        reason text NOT NULL,
        changed_by uuid,
        changed_at timestamptz NOT NULL,
        CONSTRAINT pk_status_changes PRIMARY KEY (user_id, version)
    )
    """,
    """
    INSERT INTO status_changes
    SELECT id, version, status, status_reason, status_changed_by, status_changed_at FROM users
    WHERE status_reason IS NOT NULL
    """,
    # Of an older account nobody knows any more whether somebody signed in to it, so it is treated as if.
    "ALTER TABLE users ADD COLUMN has_signed_in boolean NOT NULL DEFAULT true",
    "ALTER TABLE users ALTER COLUMN has_signed_in SET DEFAULT false",
    "ALTER TABLE users ADD COLUMN registered_from text",
    # Addresses are composed again after they are made small. One that would be a verified account's stays apart.
    """
    UPDATE users SET email = normalize(email, NFC) WHERE email IS NOT NFC NORMALIZED AND NOT EXISTS (
        SELECT FROM users AS other WHERE other.is_verified AND other.email = normalize(users.email, NFC)
    )
    """,
    "DROP INDEX ix_logins_open_of_user",
    "CREATE INDEX ix_logins_open_of_user ON logins (user_id, id) WHERE ended_at IS NULL",
)
DOWN = (
    "DROP INDEX ix_logins_open_of_user",
    "CREATE INDEX ix_logins_open_of_user ON logins (user_id) WHERE ended_at IS NULL",
    "ALTER TABLE users DROP COLUMN has_signed_in, DROP COLUMN registered_from",
    "DROP TABLE status_changes",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
