"""Reservations are partitioned by month (docs/decisions/0015).

The table that is there becomes the first partition as it stands, for all ids before a boundary: no row is copied. What
takes time on a large table is the index of the new primary key. Where it was built beforehand, by
`CREATE UNIQUE INDEX CONCURRENTLY reservations_id_parking_lot_id ON reservations (id, parking_lot_id)`, it is taken as
it is, and one scan, which checks the ids, is left.
"""

from alembic import op
from sqlalchemy import Connection, text

revision = "0007"
down_revision = "0006"

INDEXES = {
    "ix_reservations_of_user": "(user_id, created_at, id)",
    "ix_reservations_of_lot": "(parking_lot_id, created_at, id)",
    "ix_reservations_holds": "(hold_expires_at) WHERE status = 'pending'",
    "ix_reservations_confirmed": "(ends_at) WHERE status = 'confirmed'",
}

# The release before makes ids of its own clock while both run: for at least eight days the boundary is not reached.
BOUNDARY = "date_trunc('month', now() + interval '8 days', 'UTC') AT TIME ZONE 'UTC' + interval '1 month'"

ID_FLOOR = """
    CREATE FUNCTION id_floor(at timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT (lpad(to_hex(floor(extract(epoch FROM at AT TIME ZONE 'UTC') * 1000)::bigint), 12, '0')
            || '70008000000000000000')::uuid
    $$
"""
FIRST_MONTH = """
    CREATE FUNCTION reservations_by_month_from() RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT '{boundary}'::uuid
    $$
"""
# CREATE TABLE … PARTITION OF would lock the reservations for all; with a table that is attached, bookings go on. Of two
# callers the second waits, and finds nothing to make. The check holds the id to the month of creation.
MAKE_PARTITIONS = """
    CREATE FUNCTION make_reservation_partitions(months_ahead integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET lock_timeout = '2s'
    AS $$
    DECLARE
        starts timestamptz;
        ends timestamptz;
        month_table text;
        made integer := 0;
    BEGIN
        IF months_ahead IS NULL OR months_ahead NOT BETWEEN 0 AND 24 THEN
            RAISE EXCEPTION 'partitions are made for 0 to 24 months ahead' USING ERRCODE = 'invalid_parameter_value';
        END IF;
        PERFORM pg_advisory_xact_lock(7208332);
        FOR ahead IN 0..months_ahead LOOP
            starts := date_trunc('month', now()) + make_interval(months => ahead);
            ends := starts + interval '1 month';
            month_table := to_char(starts, '"reservations_"YYYY_MM');
            CONTINUE WHEN {schema}.id_floor(starts) < {schema}.reservations_by_month_from() OR EXISTS (
                SELECT FROM pg_inherits WHERE inhparent = '{schema}.reservations'::regclass
                    AND inhrelid = to_regclass(format('{schema}.%I', month_table)));
            EXECUTE format(
                'CREATE TABLE {schema}.%I ('
                    'LIKE {schema}.reservations INCLUDING DEFAULTS INCLUDING CONSTRAINTS, '
                    'CONSTRAINT ck_reservations_created_in_the_ids_month CHECK (created_at >= %L AND created_at < %L))',
                month_table, starts, ends);
            EXECUTE format(
                'ALTER TABLE {schema}.reservations ATTACH PARTITION {schema}.%I FOR VALUES FROM (%L) TO (%L)',
                month_table, {schema}.id_floor(starts), {schema}.id_floor(ends));
            made := made + 1;
        END LOOP;
        RETURN made;
    END
    $$
"""
# A service whose role is not the owner keeps its rights. Those on single columns are given nowhere.
GRANTS = """
    SELECT format('GRANT %s ON reservations TO %s', string_agg(privilege_type, ', '), {grantee})
    FROM pg_class, aclexplode(relacl) WHERE oid = '{before}'::regclass AND grantee <> relowner GROUP BY grantee
    UNION ALL
    SELECT format('GRANT EXECUTE ON FUNCTION make_reservation_partitions(integer) TO %s', {grantee})
    FROM pg_class, aclexplode(relacl)
    WHERE oid = '{before}'::regclass AND grantee <> relowner AND privilege_type = 'INSERT'
"""
GRANTEE = "CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END"


def upgrade() -> None:
    connection = op.get_bind()
    op.execute("LOCK TABLE reservations IN ACCESS EXCLUSIVE MODE")
    op.execute(ID_FLOOR)
    schema, month, boundary = connection.execute(
        text(
            f"SELECT quote_ident(current_schema()), to_char({BOUNDARY}, 'YYYY_MM'),"
            f" id_floor(({BOUNDARY}) AT TIME ZONE 'UTC')"
        )
    ).one()
    before = f"reservations_before_{month}"
    _make_room(before)
    op.execute(f"CREATE TABLE reservations (LIKE {before} INCLUDING ALL EXCLUDING INDEXES) PARTITION BY RANGE (id)")
    op.execute("ALTER TABLE reservations ADD CONSTRAINT pk_reservations PRIMARY KEY (id, parking_lot_id)")
    for name, definition in INDEXES.items():
        op.execute(f"CREATE INDEX {name} ON reservations {definition}")
    _attach(before, boundary)
    op.execute(FIRST_MONTH.format(boundary=boundary))
    op.execute(MAKE_PARTITIONS.format(schema=schema))
    op.execute("REVOKE ALL ON FUNCTION make_reservation_partitions(integer) FROM PUBLIC")
    for (grant,) in connection.execute(text(GRANTS.format(before=before, grantee=GRANTEE))).all():
        op.execute(grant)
    op.execute("SELECT make_reservation_partitions(6)")


def downgrade() -> None:
    op.execute("LOCK TABLE reservations IN ACCESS EXCLUSIVE MODE")
    before = _before(op.get_bind())
    op.execute(f"ALTER TABLE reservations DETACH PARTITION {before}")
    op.execute(f"INSERT INTO {before} SELECT * FROM reservations")  # noqa: S608 - the catalogue's own name
    op.execute("DROP TABLE reservations")
    op.execute(
        "DROP FUNCTION make_reservation_partitions(integer), reservations_by_month_from(), id_floor(timestamptz)"
    )
    op.execute(f"ALTER TABLE {before} RENAME TO reservations")
    op.execute(f"ALTER TABLE reservations DROP CONSTRAINT {before}_pkey")
    op.execute("ALTER TABLE reservations ADD CONSTRAINT pk_reservations PRIMARY KEY (id)")
    for name in INDEXES:
        op.execute(f"ALTER INDEX {_of(before, name)} RENAME TO {name}")


def _make_room(before: str) -> None:
    """The table that is there and its indexes give up their names."""
    op.execute("CREATE UNIQUE INDEX IF NOT EXISTS reservations_id_parking_lot_id ON reservations (id, parking_lot_id)")
    op.execute(f"ALTER TABLE reservations RENAME TO {before}")
    op.execute(f"ALTER TABLE {before} DROP CONSTRAINT pk_reservations")
    for name in INDEXES:
        op.execute(f"ALTER INDEX {name} RENAME TO {_of(before, name)}")
    op.execute(
        f"ALTER TABLE {before} ADD CONSTRAINT {before}_pkey PRIMARY KEY USING INDEX reservations_id_parking_lot_id"
    )


def _attach(before: str, boundary: object) -> None:
    """Fails where an id is not before the boundary. By the check, attaching scans nothing; the bound replaces it."""
    op.execute(f"ALTER TABLE {before} ADD CONSTRAINT ids CHECK (id < '{boundary}')")
    op.execute(f"ALTER TABLE reservations ATTACH PARTITION {before} FOR VALUES FROM (MINVALUE) TO ('{boundary}')")
    op.execute(f"ALTER TABLE {before} DROP CONSTRAINT ids")


def _before(connection: Connection) -> str:
    partitions = (
        "SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid WHERE inhparent = 'reservations'::regclass"
    )
    return connection.execute(text(f"{partitions} AND starts_with(relname, 'reservations_before_')")).scalar_one()


def _of(before: str, index: str) -> str:
    return index.replace("ix_reservations", before)
