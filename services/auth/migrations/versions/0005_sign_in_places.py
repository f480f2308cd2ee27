"""Where accounts were signed in to, and how administrators find people."""

from alembic import op

revision = "0005"
down_revision = "0004"

UP = (
    """
    CREATE TABLE sign_in_places (
        key bytea CONSTRAINT pk_sign_in_places PRIMARY KEY,
        last_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX ix_sign_in_places_last_at ON sign_in_places (last_at)",
)
DOWN = ("DROP TABLE sign_in_places",)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
