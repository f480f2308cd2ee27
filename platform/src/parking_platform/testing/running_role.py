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


async def test_the_running_role_changes_no_schema_and_its_owner_does(
    database_url: str, schema_owner: SchemaOwner
) -> None:
    """The owner is the negative control: the statements are refused for who asks, not for what they say."""
    running, owner = await asyncpg.connect(database_url), await asyncpg.connect(schema_owner.url)
    try:
        for change in CHANGES:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await running.execute(change)
            undone = owner.transaction()
            await undone.start()
            await owner.execute(change)
            await undone.rollback()
    finally:
        await running.close()
        await owner.close()
