"""Why an account was suspended, addresses that several unverified accounts share, and counted attempts."""

from alembic import op

revision = "0004"
down_revision = "0003"

UP = (
    "ALTER TABLE users ADD COLUMN status_reason text",
    "ALTER TABLE users ADD COLUMN status_changed_by uuid",
    "ALTER TABLE users ADD COLUMN status_changed_at timestamptz",
    # An account that another one's verification took the address from has none.
    "ALTER TABLE users ALTER COLUMN email DROP NOT NULL",
    "ALTER TABLE users DROP CONSTRAINT uq_users_email",
    "CREATE UNIQUE INDEX uq_users_verified_email ON users (email) WHERE is_verified",
    "CREATE INDEX ix_users_email ON users (email, id)",
    """
    CREATE TABLE counted_attempts (
        key bytea CONSTRAINT pk_counted_attempts PRIMARY KEY,
        count integer NOT NULL,
        last_at timestamptz NOT NULL,
        blocked_until timestamptz
    )
    """,
    "CREATE INDEX ix_counted_attempts_last_at ON counted_attempts (last_at)",
)
# Of accounts that share an address one keeps it: the verified one, or else the newest. Those without one get one that
# no mail can go to.
DOWN = (
    "DROP TABLE counted_attempts",
    "DROP INDEX ix_users_email",
    "DROP INDEX uq_users_verified_email",
    """
    UPDATE users SET email = id || '@invalid' WHERE email IS NULL OR id NOT IN (
        SELECT DISTINCT ON (email) id FROM users WHERE email IS NOT NULL ORDER BY email, is_verified DESC, id DESC
    )
    """,
    "ALTER TABLE users ADD CONSTRAINT uq_users_email UNIQUE (email)",
    "ALTER TABLE users ALTER COLUMN email SET NOT NULL",
    "ALTER TABLE users DROP COLUMN status_reason, DROP COLUMN status_changed_by, DROP COLUMN status_changed_at",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
