"""Indices for what is purged and looked up, and the number of open logins without counting them."""

from alembic import op

revision = "0002"
down_revision = "0001"

INDICES = (
    "CREATE INDEX ix_logins_ended_at ON logins (ended_at) WHERE ended_at IS NOT NULL",
    "CREATE INDEX ix_logins_open_last_used_at ON logins (last_used_at) WHERE ended_at IS NULL",
    "CREATE INDEX ix_logins_open_started_at ON logins (started_at) WHERE ended_at IS NULL",
    "CREATE INDEX ix_refresh_tokens_issued_at ON refresh_tokens (issued_at)",
    "CREATE INDEX ix_account_mails_user_id ON account_mails (user_id)",
    "CREATE INDEX ix_account_mails_sent_at ON account_mails (sent_at) WHERE sent_at IS NOT NULL",
    "CREATE INDEX ix_mail_tokens_user_id ON mail_tokens (user_id)",
    "CREATE INDEX ix_mail_tokens_expires_at ON mail_tokens (expires_at)",
)
# A row for each login that began or ended; a worker adds them up from time to time. Their sum is the number of open
# logins. Triggers write them, so that it stays right also where processes of the version before, or an operator, change
# the table. They lock the table against changes until the commit: nothing is missed between them and the first count.
COUNT = (
    """
    CREATE TABLE login_count_changes (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_login_count_changes PRIMARY KEY,
        change bigint NOT NULL
    )
    """,
    """
    CREATE FUNCTION note_login_count() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO login_count_changes (change) VALUES (TG_ARGV[0]::bigint);
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER login_started AFTER INSERT ON logins
    FOR EACH ROW WHEN (NEW.ended_at IS NULL) EXECUTE FUNCTION note_login_count('1')
    """,
    """
    CREATE TRIGGER login_ended AFTER UPDATE ON logins
    FOR EACH ROW WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL) EXECUTE FUNCTION note_login_count('-1')
    """,
    """
    CREATE TRIGGER login_reopened AFTER UPDATE ON logins
    FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL AND NEW.ended_at IS NULL) EXECUTE FUNCTION note_login_count('1')
    """,
    """
    CREATE TRIGGER open_login_deleted AFTER DELETE ON logins
    FOR EACH ROW WHEN (OLD.ended_at IS NULL) EXECUTE FUNCTION note_login_count('-1')
    """,
    """
    INSERT INTO login_count_changes (change)
    SELECT count(*) FROM logins WHERE ended_at IS NULL HAVING count(*) > 0
    """,
)


def upgrade() -> None:
    for statement in INDICES + COUNT:
        op.execute(statement)


def downgrade() -> None:
    for trigger in ("login_started", "login_ended", "login_reopened", "open_login_deleted"):
        op.execute(f"DROP TRIGGER {trigger} ON logins")
    op.execute("DROP FUNCTION note_login_count()")
    op.execute("DROP TABLE login_count_changes")
    for statement in INDICES:
        op.execute(f"DROP INDEX {statement.split()[2]}")
