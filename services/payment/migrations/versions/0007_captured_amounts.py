"""How much was captured, without adding up the ledger."""

from alembic import op

revision = "0007"
down_revision = "0006"

# A row for each capture; a worker adds them up from time to time. A trigger writes them, so that it stays right also
# where processes of the version before book. It locks the ledger against changes until the commit: nothing is missed
# between it and the first sum.
AMOUNTS = (
    """
    CREATE TABLE captured_amounts (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_captured_amounts PRIMARY KEY,
        currency varchar(3) NOT NULL,
        amount numeric NOT NULL
    )
    """,
    """
    CREATE FUNCTION note_captured_amount() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO captured_amounts (currency, amount) VALUES (NEW.currency, NEW.gross);
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER ledger_entry_captured AFTER INSERT ON ledger_entries
    FOR EACH ROW WHEN (NEW.kind = 'payment') EXECUTE FUNCTION note_captured_amount()
    """,
    """
    INSERT INTO captured_amounts (currency, amount)
    SELECT currency, sum(gross) FROM ledger_entries WHERE kind = 'payment' GROUP BY currency
    """,
)


def upgrade() -> None:
    for statement in AMOUNTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TRIGGER ledger_entry_captured ON ledger_entries")
    op.execute("DROP FUNCTION note_captured_amount()")
    op.execute("DROP TABLE captured_amounts")
