"""That a service's tests run as the role that the service runs as: each service imports the test below."""

import asyncpg
import pytest

from parking_platform.testing.servers import SchemaOwner

CHANGES = (
    "CREATE TABLE mine (id int)",
    "CREATE TEMPORARY TABLE mine (id int)",
    "ALTER TABLE outbox ADD COLUMN mine int",
    "DROP TABLE outbox",
    "TRUNCATE outbox",
)


@pytest.mark.parametrize("change", CHANGES)
async def test_the_running_role_changes_no_schema_and_its_owner_does(
    database_url: str, schema_owner: SchemaOwner, change: str
) -> None:
    """The second half is the negative control: the statement is refused for who asks, not for what it says."""
    for url, is_refused in ((database_url, True), (schema_owner.url, False)):
        connection = await asyncpg.connect(url)
        try:
            transaction = connection.transaction()
            await transaction.start()
            if is_refused:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(change)
            else:
                await connection.execute(change)
            await transaction.rollback()
        finally:
            await connection.close()
