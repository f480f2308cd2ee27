"""What the last comparison with the provider found: it runs once a day, and another process may lead by then."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE known_figures (
            name text NOT NULL,
            value bigint NOT NULL,
            known_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_known_figures PRIMARY KEY (name)
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE known_figures")
