"""Words are found without regard to case, accents, ß, ł and ø."""

from alembic import op

revision = "0009"
down_revision = "0008"

# An index needs a function that always says the same. `unaccent` promises less, since a dictionary can be changed; this
# one is the extension's own, named with its schema, so that no search path can put another in its place. What is made
# up of a letter and an accent is first made one (NFC): then the dictionary knows it.
UPGRADE = (
    "CREATE EXTENSION IF NOT EXISTS unaccent WITH SCHEMA public",
    """
    CREATE FUNCTION folded(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN lower(public.unaccent('public.unaccent'::regdictionary, normalize(value, NFC)))
    """,
    # A pattern of LIKE for what holds the folded value; its own signs stand for themselves.
    r"""
    CREATE FUNCTION holding(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN '%' || regexp_replace(public.folded(value), '([\\%_])', '\\\1', 'g') || '%'
    """,
    "DROP INDEX ix_lots_words",
    "CREATE INDEX ix_lots_words ON lots USING gin (folded(name || ' ' || address) gin_trgm_ops)",
    "ANALYZE lots",
)
DOWNGRADE = (
    "DROP INDEX ix_lots_words",
    "DROP FUNCTION holding(text)",
    "DROP FUNCTION folded(text)",
    "DROP EXTENSION unaccent",
    "CREATE INDEX ix_lots_words ON lots USING gin ((name || ' ' || address) gin_trgm_ops)",
    "ANALYZE lots",
)


def upgrade() -> None:
    for statement in UPGRADE:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWNGRADE:
        op.execute(statement)
