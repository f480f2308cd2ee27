"""Which captured payments and refund orders are open: the alarms read those, not history.

Triggers open them, so that it stays right also where processes of the version before write, and where somebody mends a
table by hand. `changes` counts how often: what changes while the audit closes it stays open.
"""

from alembic import op

revision = "0009"
down_revision = "0008"

# At once, and in the order in which transactions take them: one that is under way ends first. By and by, the statements
# below would wait for it while it waits for them.
LOCK = "LOCK TABLE reservation_dues, payments, refunds, refund_orders IN ACCESS EXCLUSIVE MODE"

TABLES = (
    """
    CREATE TABLE payments_to_settle (
        payment_id uuid CONSTRAINT pk_payments_to_settle PRIMARY KEY
            CONSTRAINT fk_payments_to_settle_payment_id REFERENCES payments (id) ON DELETE CASCADE,
        changes bigint NOT NULL DEFAULT 1
    )
    """,
    """
    CREATE TABLE refund_orders_to_settle (
        order_id uuid CONSTRAINT pk_refund_orders_to_settle PRIMARY KEY
            CONSTRAINT fk_refund_orders_to_settle_order_id REFERENCES refund_orders (id) ON DELETE CASCADE,
        changes bigint NOT NULL DEFAULT 1
    )
    """,
)

# A payment opens when it is captured, and again when a dispute of it takes another turn.
PAYMENTS = (
    """
    CREATE FUNCTION open_payment() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO payments_to_settle AS s (payment_id) VALUES (NEW.id)
        ON CONFLICT (payment_id) DO UPDATE SET changes = s.changes + 1;
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER payment_is_captured AFTER INSERT ON payments
    FOR EACH ROW WHEN (NEW.succeeded_at IS NOT NULL) EXECUTE FUNCTION open_payment()
    """,
    """
    CREATE TRIGGER payment_is_changed AFTER UPDATE ON payments
    FOR EACH ROW WHEN (
        NEW.succeeded_at IS NOT NULL
        AND (OLD.succeeded_at, OLD.charge_id, OLD.reservation_id, OLD.amount, OLD.dispute_status, OLD.dispute_amount)
            IS DISTINCT FROM
            (NEW.succeeded_at, NEW.charge_id, NEW.reservation_id, NEW.amount, NEW.dispute_status, NEW.dispute_amount)
    ) EXECUTE FUNCTION open_payment()
    """,
)

# A charge that was paid by the reservation's copy, and is not any more, opens its payment. As everywhere, the payment's
# row is locked before its row among what is open.
RESERVATIONS = (
    """
    CREATE FUNCTION open_payments_of_reservation() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO payments_to_settle AS s (payment_id)
        SELECT theirs.id FROM (
            SELECT p.id
            FROM payments p,
                jsonb_build_array(jsonb_build_object('id', p.charge_id::text, 'status', 'paid')) c (paid)
            WHERE p.reservation_id = OLD.reservation_id AND p.succeeded_at IS NOT NULL
                AND OLD.charges @> c.paid
                AND (TG_OP = 'DELETE' OR NEW.reservation_id <> OLD.reservation_id OR NOT NEW.charges @> c.paid)
            ORDER BY p.id
            FOR NO KEY UPDATE OF p
        ) theirs
        ON CONFLICT (payment_id) DO UPDATE SET changes = s.changes + 1;
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER reservation_is_changed AFTER UPDATE ON reservation_dues
    FOR EACH ROW WHEN (OLD.charges IS DISTINCT FROM NEW.charges OR OLD.reservation_id <> NEW.reservation_id)
    EXECUTE FUNCTION open_payments_of_reservation()
    """,
    """
    CREATE TRIGGER reservation_is_deleted AFTER DELETE ON reservation_dues
    FOR EACH ROW EXECUTE FUNCTION open_payments_of_reservation()
    """,
)

# A refund that had arrived opens its payment when it changes; any change of one opens the order that it is for.
REFUNDS = (
    """
    CREATE FUNCTION open_what_a_refund_settled() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO refund_orders_to_settle AS s (order_id) SELECT o.id FROM refund_orders o WHERE o.id = OLD.id
        ON CONFLICT (order_id) DO UPDATE SET changes = s.changes + 1;
        IF OLD.status = 'succeeded' THEN
            INSERT INTO payments_to_settle AS s (payment_id) VALUES (OLD.payment_id)
            ON CONFLICT (payment_id) DO UPDATE SET changes = s.changes + 1;
        END IF;
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER refund_is_changed AFTER UPDATE ON refunds
    FOR EACH ROW WHEN (
        (OLD.id, OLD.payment_id, OLD.amount, OLD.status, OLD.due_at IS NULL)
        IS DISTINCT FROM (NEW.id, NEW.payment_id, NEW.amount, NEW.status, NEW.due_at IS NULL)
    ) EXECUTE FUNCTION open_what_a_refund_settled()
    """,
    """
    CREATE TRIGGER refund_is_deleted AFTER DELETE ON refunds
    FOR EACH ROW EXECUTE FUNCTION open_what_a_refund_settled()
    """,
)

ORDERS = (
    """
    CREATE FUNCTION open_refund_order() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO refund_orders_to_settle AS s (order_id) VALUES (NEW.id)
        ON CONFLICT (order_id) DO UPDATE SET changes = s.changes + 1;
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER refund_order_is_new AFTER INSERT ON refund_orders
    FOR EACH ROW EXECUTE FUNCTION open_refund_order()
    """,
    """
    CREATE TRIGGER refund_order_is_changed AFTER UPDATE ON refund_orders
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION open_refund_order()
    """,
)

# What is older is opened by the first complete audit, batch by batch, where it is not settled: to look through all of
# it here would hold the locks for as long.
RECENT = (
    "INSERT INTO payments_to_settle (payment_id) SELECT id FROM payments WHERE succeeded_at > now() - interval '1 day'",
    """
    INSERT INTO refund_orders_to_settle (order_id)
    SELECT id FROM refund_orders WHERE decided_at IS NULL OR decided_at > now() - interval '2 days'
    """,
)

# The questions before this read by them.
INDEXES = ("DROP INDEX ix_payments_captured", "DROP INDEX ix_refund_orders_decided_at")

FUNCTIONS = ("open_payment", "open_payments_of_reservation", "open_what_a_refund_settled", "open_refund_order")


def upgrade() -> None:
    for statement in (LOCK, *TABLES, *PAYMENTS, *RESERVATIONS, *REFUNDS, *ORDERS, *RECENT, *INDEXES):
        op.execute(statement)


def downgrade() -> None:
    op.execute(LOCK)
    op.execute("CREATE INDEX ix_payments_captured ON payments (succeeded_at) WHERE succeeded_at IS NOT NULL")
    op.execute("CREATE INDEX ix_refund_orders_decided_at ON refund_orders (decided_at)")
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}() CASCADE")
    op.execute("DROP TABLE payments_to_settle, refund_orders_to_settle")
