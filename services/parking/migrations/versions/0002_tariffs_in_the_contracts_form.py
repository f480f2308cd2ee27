"""Tariffs are stored in the form of `parking.tariff.v1`, which the kernel reads, and no longer in the clients' form."""

from alembic import op

revision = "0002"
down_revision = "0001"

# In each statement %s is what becomes of the tax, and of a time band.
CONVERT = """
UPDATE tariffs
SET terms = terms || jsonb_build_object(
    'tax', %s,
    'time_bands', (
        SELECT coalesce(jsonb_agg(%s ORDER BY place), '[]')
        FROM jsonb_array_elements(terms -> 'time_bands') WITH ORDINALITY AS each (band, place)
    )
)
"""

BASIS_POINTS = """jsonb_build_object(
        'rate_basis_points', round((terms #>> '{tax,rate_percent}')::numeric * 100)::integer,
        'included', terms #> '{tax,included}'
    )"""
STARTS = "band - 'from' - 'to' || jsonb_build_object('starts', band -> 'from', 'ends', band -> 'to')"

PERCENT = """jsonb_build_object(
        'rate_percent', trim_scale((terms #>> '{tax,rate_basis_points}')::numeric / 100),
        'included', terms #> '{tax,included}'
    )"""
FROM = "band - 'starts' - 'ends' || jsonb_build_object('from', band -> 'starts', 'to', band -> 'ends')"


def upgrade() -> None:
    op.execute(CONVERT % (BASIS_POINTS, STARTS))


def downgrade() -> None:
    op.execute(CONVERT % (PERCENT, FROM))
