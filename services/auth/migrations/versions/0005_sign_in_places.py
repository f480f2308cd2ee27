"""Where accounts were signed in to, and how administrators find people: by parts of a name or address, and by state."""

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
    # As in parking: an index needs a function that always says the same, with no search path in it.
    "CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public",
    "CREATE EXTENSION IF NOT EXISTS unaccent WITH SCHEMA public",
    """
    CREATE FUNCTION folded(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN lower(public.unaccent('public.unaccent'::regdictionary, normalize(value, NFC)))
    """,
    r"""
    CREATE FUNCTION holding(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN '%' || regexp_replace(public.folded(value), '([\\%_])', '\\\1', 'g') || '%'
    """,
    "CREATE INDEX ix_users_words ON users USING gin (folded((coalesce(email, '') || ' ') || full_name) gin_trgm_ops)",
    "CREATE INDEX ix_users_status ON users (status, id)",
    "CREATE INDEX ix_users_is_verified ON users (is_verified, id)",
    "CREATE INDEX ix_users_roles ON users USING gin (roles)",
    "ANALYZE users",
)
# The extensions stay: whoever made the database may have made them for it.
DOWN = (
    "DROP INDEX ix_users_words, ix_users_status, ix_users_is_verified, ix_users_roles",
    "DROP FUNCTION holding(text)",
    "DROP FUNCTION folded(text)",
    "DROP TABLE sign_in_places",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
