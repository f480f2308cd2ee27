"""What the timers read, whatever else the tables hold: rows are found by an index, and no more are read than needed."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from services.auth.tests.api import me, signed_in
from services.auth.tests.installation import Database
from sqlalchemy import event, text

from auth_service.application.commands.purge_expired import PurgeExpired
from auth_service.application.commands.sum_up_login_count import SumUpLoginCount
from auth_service.bootstrap import Auth
from auth_service.domain.mails import MailKind
from parking_kernel.askers import THE_SERVICE
from parking_platform.testing.servers import SchemaOwner

NOW = datetime.now(UTC)
MANY = 40_000
FEW = 25
"""Of each thing that is over; a timer may read so many and hardly more."""

# Of all that is stored, a few are over: ended long ago, unused, too old, expired, sent, given up.
ROWS = f"""
INSERT INTO users
SELECT gen_random_uuid(), 'u' || n || '@example.com', '', NULL, '', true, 'active', '{{user}}', now(), 1
FROM generate_series(1, 100) AS n;
INSERT INTO logins SELECT gen_random_uuid(), (SELECT id FROM users LIMIT 1), 'phone',
    now() - CASE WHEN n % 1600 = 3 THEN interval '91 days' ELSE interval '40 days' END,
    now() - CASE WHEN n % 1600 = 2 THEN interval '31 days' ELSE interval '1 day' END,
    CASE WHEN n % 1600 = 1 THEN now() - interval '8 days' WHEN n % 2 = 0 THEN now() - interval '1 day' END,
    CASE WHEN n % 1600 = 1 OR n % 2 = 0 THEN 'signed_out' END, 1
FROM generate_series(1, {MANY}) AS n;
UPDATE logins SET ended_at = NULL, end_reason = NULL WHERE last_used_at < now() - interval '30 days';
INSERT INTO refresh_tokens SELECT sha256(id::text::bytea), id, now() - interval '1 day', NULL FROM logins;
INSERT INTO refresh_tokens SELECT sha256(n::text::bytea), (SELECT id FROM logins WHERE ended_at IS NULL LIMIT 1),
    now() - interval '31 days', now() FROM generate_series(1, {FEW}) AS n;
INSERT INTO account_mails SELECT gen_random_uuid(), (SELECT id FROM users OFFSET n % 100 LIMIT 1), 'verify_email',
    CASE WHEN n % 1600 = 2 THEN 100 ELSE 0 END, now() - interval '8 days',
    CASE WHEN n % 1600 = 2 THEN NULL WHEN n % 1600 = 1 THEN now() - interval '8 days' ELSE now() END
FROM generate_series(1, {MANY}) AS n;
INSERT INTO mail_tokens SELECT sha256(n::text::bytea), (SELECT id FROM users LIMIT 1), 'verify_email',
    now() + CASE WHEN n % 1600 = 1 THEN interval '-1 minute' ELSE interval '1 day' END, NULL
FROM generate_series(1, {MANY}) AS n;
"""
TABLES = ("logins", "refresh_tokens", "account_mails", "mail_tokens")
OPEN = """
SELECT count(*) FROM logins WHERE ended_at IS NULL
    AND last_used_at > now() - interval '30 days' AND started_at > now() - interval '90 days'
"""


@pytest.fixture(params=["nothing", "all"])
async def tables(database: Database, request: pytest.FixtureRequest, schema_owner: SchemaOwner) -> Database:
    """Full tables, of which the planner knows nothing, or all."""
    for statement in ROWS.split(";\n"):
        if statement.strip():
            await database.execute(statement)
    if request.param == "all":
        await schema_owner.run("ANALYZE")
    return database


async def open_logins(auth: Auth) -> int:
    async with auth.open_work(THE_SERVICE) as work:
        return await work.logins.count_open(auth.clock.now())


class Plans:
    """Explains each statement just before it goes to the database, and remembers what would be read."""

    def __init__(self, auth: Auth) -> None:
        self.read: dict[str, int] = dict.fromkeys(TABLES, 0)
        self.scanned: list[str] = []
        event.listen(auth.engine.sync_engine, "before_cursor_execute", self._explain, retval=True)

    def _explain(
        self, connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
    ) -> tuple[str, Any]:
        if not statement.startswith("EXPLAIN") and any(table in statement for table in TABLES):
            with connection.begin_nested() as rolled_back:
                found = connection.exec_driver_sql(
                    f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters
                ).scalar_one()
                rolled_back.rollback()
            (plan,) = json.loads(found) if isinstance(found, str) else found
            self._note(plan["Plan"], statement)
        return statement, parameters

    def _note(self, node: dict[str, Any], statement: str) -> None:
        if table := node.get("Relation Name"):
            removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
            if node["Node Type"] != "ModifyTable":
                self.read[table] = self.read.get(table, 0) + (node["Actual Rows"] + removed) * node["Actual Loops"]
            if node["Node Type"] == "Seq Scan" and table in TABLES:
                self.scanned.append(f"{table}: {statement}")
        for child in node.get("Plans", ()):
            self._note(child, statement)


async def test_the_purges_read_what_they_delete(auth: Auth, tables: Database) -> None:
    plans = Plans(auth)
    deleted = await auth.use_cases.purge_expired(PurgeExpired())
    # Logins that ended a week ago; tokens that expired; mails sent and given up; tokens of mails.
    assert deleted == 5 * FEW
    assert plans.scanned == []
    assert all(read <= 12 * FEW for read in plans.read.values()), plans.read
    left = {table: await tables.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES}
    assert left == {
        "logins": MANY - FEW, "refresh_tokens": MANY - FEW, "account_mails": MANY - 2 * FEW, "mail_tokens": MANY - FEW
    }  # fmt: skip


async def test_the_number_of_open_logins_costs_what_changed(auth: Auth, client: Any, tables: Database) -> None:
    await auth.use_cases.sum_up_login_count(SumUpLoginCount())
    assert await tables.fetchval("SELECT count(*) FROM login_count_changes") == 1
    expected = await tables.fetchval(OPEN)
    plans = Plans(auth)
    assert await open_logins(auth) == expected
    assert plans.read["logins"] <= 4 * FEW, "only those that expired, and were not yet ended"
    await signed_in(client)
    await auth.use_cases.purge_expired(PurgeExpired())
    plans = Plans(auth)
    assert await open_logins(auth) == expected + 1
    assert plans.read["logins"] == 0
    assert plans.scanned == []


async def test_counting_the_rows_would_read_them_all(auth: Auth, tables: Database, schema_owner: SchemaOwner) -> None:
    """The negative control: what the count was, and what a table without its index costs."""
    plans = Plans(auth)
    async with auth.engine.connect() as connection:
        await connection.execute(text(OPEN))
    assert plans.read["logins"] > MANY / 4
    await schema_owner.run("DROP INDEX ix_refresh_tokens_issued_at, ix_mail_tokens_expires_at, ix_logins_ended_at")
    plans = Plans(auth)
    await auth.use_cases.purge_expired(PurgeExpired())
    assert {scanned.partition(":")[0] for scanned in plans.scanned} >= {"refresh_tokens", "mail_tokens", "logins"}


async def test_whether_a_mail_was_queued_is_found_by_its_user(auth: Auth, tables: Database) -> None:
    user_id = await tables.fetchval("SELECT id FROM users LIMIT 1")
    plans = Plans(auth)
    async with auth.open_work(THE_SERVICE) as work:
        assert await work.mails.queued_since(user_id, MailKind.VERIFY_EMAIL, NOW - timedelta(days=1))
    assert plans.scanned == []
    assert plans.read["account_mails"] <= MANY / 100 + FEW


async def test_a_login_with_many_tokens_goes_bit_by_bit(auth: Auth, client: Any, database: Database) -> None:
    """No transaction deletes more than a batch of anything."""
    phone = await signed_in(client)
    assert (await me(client, phone)).status_code == 200
    await database.execute(
        "INSERT INTO refresh_tokens"
        " SELECT sha256(n::text::bytea), id, now(), now() FROM logins, generate_series(1, 1800) AS n"
    )
    await database.execute("UPDATE logins SET ended_at = now() - interval '8 days', end_reason = 'signed_out'")
    deleted: list[int] = []

    @event.listens_for(auth.engine.sync_engine, "after_cursor_execute")
    def _note(_c: Any, cursor: Any, statement: str, _parameters: Any, _context: Any, _many: bool) -> None:
        if statement.strip().startswith("DELETE"):
            deleted.append(cursor.rowcount)

    await auth.use_cases.purge_expired(PurgeExpired())
    assert await database.fetchval("SELECT count(*) FROM refresh_tokens") == 0
    assert await database.fetchval("SELECT count(*) FROM logins") == 0
    assert max(deleted) == 500


@pytest.mark.parametrize("finish", ["commit", "rollback"])
async def test_the_count_is_the_number_of_open_logins_whatever_happens_to_them(
    auth: Auth, client: Any, database: Database, finish: str
) -> None:
    """Also by hands and versions that know nothing of it, and while it is being added up."""
    for number in range(3):
        await signed_in(client, f"driver{number}@example.com")

    async def agrees() -> None:
        assert await open_logins(auth) == await database.fetchval(OPEN)

    await agrees()
    change: Callable[..., Any] = database.execute
    transaction = database.transaction()
    await transaction.start()
    await change("UPDATE logins SET ended_at = now() WHERE id = (SELECT min(id::text)::uuid FROM logins)")
    await change(
        "INSERT INTO logins SELECT gen_random_uuid(), user_id, 'by hand', now(), now(), NULL, NULL, 1 FROM logins"
    )
    await auth.use_cases.sum_up_login_count(SumUpLoginCount())
    await getattr(transaction, finish)()
    await agrees()
    await auth.use_cases.sum_up_login_count(SumUpLoginCount())
    await agrees()
    await change("DELETE FROM refresh_tokens")
    await change("DELETE FROM logins WHERE device = 'by hand'")
    await agrees()
    await change("DELETE FROM logins")
    await auth.use_cases.sum_up_login_count(SumUpLoginCount())
    assert await open_logins(auth) == 0
