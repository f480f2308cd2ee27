"""The schema: what the migrations make is what the code expects, and the books defend themselves."""

from uuid import uuid4

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from services.payment.tests.browser import Browser
from services.payment.tests.desk import Desk
from services.payment.tests.integration.test_refunds import paid
from services.payment.tests.people import Owed
from services.payment.tests.schema import downgrade, upgrade
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from parking_platform.testing.servers import PostgresServer, SchemaOwner
from payment_service.adapters.postgres.tables import metadata
from payment_service.bootstrap import Payments


async def test_the_migrations_make_what_the_code_expects(service: Payments) -> None:
    def differences(connection: Connection) -> list[object]:
        options = {"compare_type": True, "compare_server_default": True}
        found: list[object] = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
        return found

    async with service.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_the_migrations_can_be_taken_back_and_made_again(postgres_server: PostgresServer) -> None:
    url = await postgres_server.create_database()
    await upgrade(url)
    await downgrade(url, "base")
    await upgrade(url)


UNBALANCED = """
WITH entry AS (
    INSERT INTO ledger_entries
    SELECT :id, kind, organization_id, parking_lot_id, reservation_id, payment_id, NULL, currency, 1, 0, posted_at
    FROM ledger_entries LIMIT 1 RETURNING id
)
INSERT INTO ledger_postings
SELECT id, place, 'revenue', amount FROM entry, (VALUES (0, 100), (1, -99)) p (place, amount)
"""
WITHOUT_POSTINGS = UNBALANCED.partition("INSERT INTO ledger_postings")[0] + "SELECT id FROM entry"


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (UNBALANCED, "not balanced"),
        (WITHOUT_POSTINGS, "not balanced"),
        ("UPDATE ledger_postings SET amount = 0", "append-only"),
        ("DELETE FROM ledger_postings", "append-only"),
        ("UPDATE ledger_entries SET gross = 0", "append-only"),
        ("TRUNCATE ledger_entries CASCADE", "permission denied"),
    ],
)
async def test_the_books_stay_as_they_were_written(desk: Desk, browser: Browser, statement: str, said: str) -> None:
    await paid(desk, browser, Owed())
    with pytest.raises(DBAPIError, match=said):
        await desk.run(statement, **({"id": uuid4()} if ":id" in statement else {}))
    assert await desk.ledger() == {"provider_clearing": 1250, "revenue": -1161, "tax_payable": -89}


async def test_not_even_who_owns_them_truncates_them(desk: Desk, browser: Browser, schema_owner: SchemaOwner) -> None:
    await paid(desk, browser, Owed())
    with pytest.raises(asyncpg.PostgresError, match="append-only"):
        await schema_owner.run("TRUNCATE ledger_entries CASCADE")
    assert await desk.ledger() == {"provider_clearing": 1250, "revenue": -1161, "tax_payable": -89}
