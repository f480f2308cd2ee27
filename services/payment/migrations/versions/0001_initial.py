"""Payments, refunds, the ledger, the copy of what reservations owe, messages seen, idempotency keys."""

from alembic import op

from parking_messaging.migrations import create_messaging_tables, drop_messaging_tables

revision = "0001"
down_revision = None

PAYMENTS = """
CREATE TABLE payments (
    id uuid CONSTRAINT pk_payments PRIMARY KEY,
    charge_id uuid NOT NULL,
    reservation_id uuid NOT NULL,
    user_id uuid NOT NULL,
    organization_id uuid NOT NULL,
    parking_lot_id uuid NOT NULL,
    currency varchar(3) NOT NULL,
    amount bigint NOT NULL,
    tax bigint NOT NULL,
    stage varchar(24) NOT NULL,
    is_live boolean NOT NULL,
    save_method boolean NOT NULL,
    intent_key text NOT NULL,
    intent_id text CONSTRAINT uq_payments_intent_id UNIQUE,
    client_secret text,
    observed_at timestamptz,
    failure_code varchar(64),
    failed_attempt text,
    cancel_requested_at timestamptz,
    requested_at timestamptz NOT NULL,
    succeeded_at timestamptz,
    dispute_id text,
    dispute_amount bigint,
    dispute_tax bigint,
    dispute_status varchar(16),
    look_at timestamptz,
    version integer NOT NULL,
    CONSTRAINT ck_payments_amounts CHECK (amount > 0 AND tax BETWEEN 0 AND amount)
);
CREATE UNIQUE INDEX uq_payments_live_charge ON payments (charge_id) WHERE is_live;
CREATE INDEX ix_payments_of_user ON payments (user_id, requested_at, id);
CREATE INDEX ix_payments_of_organization ON payments (organization_id, requested_at, id);
CREATE INDEX ix_payments_of_reservation ON payments (reservation_id);
CREATE INDEX ix_payments_agenda ON payments (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX ix_payments_captured ON payments (succeeded_at) WHERE succeeded_at IS NOT NULL;
CREATE TABLE refunds (
    id uuid CONSTRAINT pk_refunds PRIMARY KEY,
    payment_id uuid NOT NULL CONSTRAINT fk_refunds_payment_id REFERENCES payments (id),
    place smallint NOT NULL,
    amount bigint NOT NULL,
    status varchar(16) NOT NULL,
    reason varchar(64) NOT NULL,
    requested_at timestamptz NOT NULL,
    due_at timestamptz,
    key text NOT NULL,
    asked integer NOT NULL,
    attempt integer NOT NULL,
    provider_id text CONSTRAINT uq_refunds_provider_id UNIQUE,
    failure_code varchar(64),
    is_booked boolean NOT NULL,
    tax bigint NOT NULL,
    CONSTRAINT ck_refunds_amount CHECK (amount > 0)
);
CREATE INDEX ix_refunds_payment_id ON refunds (payment_id);
CREATE INDEX ix_refunds_agenda ON refunds (due_at) WHERE due_at IS NOT NULL;
"""

LEDGER = """
CREATE TABLE ledger_entries (
    id uuid CONSTRAINT pk_ledger_entries PRIMARY KEY,
    kind varchar(24) NOT NULL,
    organization_id uuid NOT NULL,
    parking_lot_id uuid NOT NULL,
    reservation_id uuid NOT NULL,
    payment_id uuid NOT NULL CONSTRAINT fk_ledger_entries_payment_id REFERENCES payments (id),
    refund_id uuid,
    currency varchar(3) NOT NULL,
    gross bigint NOT NULL,
    tax bigint NOT NULL,
    posted_at timestamptz NOT NULL
);
CREATE INDEX ix_ledger_entries_payment_id ON ledger_entries (payment_id);
CREATE TABLE ledger_postings (
    entry_id uuid NOT NULL CONSTRAINT fk_ledger_postings_entry_id REFERENCES ledger_entries (id),
    place smallint NOT NULL,
    account text NOT NULL,
    amount bigint NOT NULL,
    CONSTRAINT pk_ledger_postings PRIMARY KEY (entry_id, place)
);
CREATE INDEX ix_ledger_postings_account ON ledger_postings (account);
"""

# The domain refuses an unbalanced entry too; the books must not depend on one program alone.
LEDGER_RULES = (
    """
    CREATE FUNCTION ledger_entry_is_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        checked uuid := to_jsonb(NEW) ->> TG_ARGV[0];
    BEGIN
        IF (SELECT count(*) < 2 OR sum(amount) <> 0 FROM ledger_postings WHERE entry_id = checked) THEN
            RAISE EXCEPTION 'ledger entry % is not balanced', checked USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE CONSTRAINT TRIGGER ledger_entry_has_balanced_postings AFTER INSERT ON ledger_entries
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_entry_is_balanced('id')
    """,
    """
    CREATE CONSTRAINT TRIGGER ledger_posting_keeps_balance AFTER INSERT ON ledger_postings
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_entry_is_balanced('entry_id')
    """,
    """
    CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the ledger is append-only' USING ERRCODE = 'restrict_violation';
    END
    $$
    """,
    """
    CREATE TRIGGER ledger_entries_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entries
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only()
    """,
    """
    CREATE TRIGGER ledger_postings_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_postings
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only()
    """,
)

OTHERS = """
CREATE TABLE reservation_dues (
    reservation_id uuid CONSTRAINT pk_reservation_dues PRIMARY KEY,
    status varchar(16) NOT NULL,
    charges jsonb NOT NULL,
    currency varchar(3) NOT NULL,
    refund_due bigint NOT NULL,
    version integer NOT NULL
);
CREATE TABLE webhook_events (
    id text CONSTRAINT pk_webhook_events PRIMARY KEY,
    received_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_webhook_events_received_at ON webhook_events (received_at);
CREATE TABLE idempotency_keys (
    scope text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    claimed_until timestamptz NOT NULL,
    status smallint,
    body bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_idempotency_keys PRIMARY KEY (scope, key)
);
CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at);
"""


def upgrade() -> None:
    for statement in (PAYMENTS + LEDGER + OTHERS).split(";\n"):
        if statement.strip():
            op.execute(statement)
    for statement in LEDGER_RULES:
        op.execute(statement)
    create_messaging_tables(op)


def downgrade() -> None:
    drop_messaging_tables(op)
    op.execute("DROP TABLE idempotency_keys, webhook_events, reservation_dues")
    op.execute("DROP TABLE ledger_postings, ledger_entries, refunds, payments")
    op.execute("DROP FUNCTION ledger_entry_is_balanced(), ledger_is_append_only()")
