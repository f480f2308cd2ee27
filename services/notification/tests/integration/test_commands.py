"""The commands: the schema is what the tables say, dead letters are applied again, logs name nobody."""

import asyncio
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from pydantic import ValidationError
from services.notification.tests import programs
from services.notification.tests.events import Publishing, lot_event, reservation_event
from services.notification.tests.installation import access_token, settings_for
from services.notification.tests.running import RunningNotification, open_socket
from sqlalchemy import Connection

from notification_service.adapters.postgres.tables import metadata
from parking_chassis.database import PoolSettings, create_engine
from parking_chassis.ids import new_id
from parking_platform.testing.waiting import wait_until


async def test_the_migrations_make_what_the_tables_say(database_url: str) -> None:
    def differences(connection: Connection) -> list[object]:
        return compare_metadata(MigrationContext.configure(connection), metadata)

    engine = create_engine(database_url, "test", PoolSettings(size=1))
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_a_dead_letter_is_applied_again(notification: RunningNotification, publish: Publishing) -> None:
    user_id, address = await notification.registered()
    event, event_id = reservation_event(user_id=user_id), new_id()
    owner = notification.schema_owner
    await owner.run("ALTER TABLE notifications ADD CONSTRAINT poison CHECK (spot_number <> 'A7') NOT VALID")
    try:
        await publish(lot_event(event.parking_lot_id))
        await publish(event, event_id=event_id)

        async def buried() -> bool:
            query = "SELECT count(*) FROM dead_letters WHERE event_id = $1"
            return await notification.fetch(query, event_id) == [(1,)]

        await wait_until(buried, "the dead letter")
    finally:
        await owner.run("ALTER TABLE notifications DROP CONSTRAINT poison")
    environment = programs.environment("notification", notification.worker.values)
    said = await programs.run("notification", environment, "replay", "--group", "notification.reservations")
    assert '"applied": 1' in said
    await notification.wait_mails(address, 1)


async def test_the_log_has_no_address_and_no_token(notification: RunningNotification) -> None:
    token = access_token()
    async with open_socket(notification.serving[0], token) as socket:
        await socket.ping()
    text = await asyncio.to_thread(Path(notification.serving[0].log).read_text)
    assert "Application startup complete" in text
    assert "WebSocket" not in text
    assert token not in text


@pytest.mark.parametrize("changes", [{"internal_token": "short"}, {"room_poll_seconds": 0}, {"socket_queue": 0}])
def test_wrong_settings_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        settings_for("postgresql://localhost/x", **changes)
