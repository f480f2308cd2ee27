"""The processes: they end when they are asked to, finish what they began, and outlive what they depend on."""

import asyncio
import time
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer
from services.auth.tests.api import register
from services.auth.tests.installation import Database
from services.auth.tests.programs import environment, migrating, run, running

from mail_catcher.mailbox import Mailbox
from mail_catcher.smtp import smtp_server
from parking_events import UserRegisteredV1
from parking_platform.ports import LOOPBACK, free_port, free_ports
from parking_platform.testing.servers import KafkaServer, SchemaOwner
from parking_platform.testing.waiting import wait_until

GRACE_SECONDS = 10


@pytest.fixture
def port() -> int:
    return free_port()


async def stop(process: asyncio.subprocess.Process) -> int:
    """Ask the process to end; its exit code."""
    process.terminate()
    return await asyncio.wait_for(process.wait(), GRACE_SECONDS)


async def test_serve_finishes_what_it_began_before_it_ends(
    database_url: str, database: Database, port: int, tmp_path: Path, schema_owner: SchemaOwner
) -> None:
    settings = environment(database_url, http_port=port)
    assert (await run(migrating(settings, schema_owner), "migrate", "--no-topics")).status == 0
    async with running(settings, "serve", port, tmp_path / "log") as (process, client):
        async with database.transaction():
            await database.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
            in_flight = asyncio.create_task(register(client))

            async def waits_for_the_table() -> bool:
                waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'users'::regclass"
                return bool(await database.fetchval(waiting))

            await wait_until(waits_for_the_table, "a request that waits for the table")
            process.terminate()
            await wait_until(lambda: _refuses(port), "a port that is closed")
            assert not in_flight.done()
        assert (await in_flight).status_code == 201
        assert await asyncio.wait_for(process.wait(), GRACE_SECONDS) == 0
    assert await database.fetchval("SELECT count(*) FROM users") == 1


async def test_a_process_without_its_port_fails(database_url: str, port: int, tmp_path: Path) -> None:
    listener = await asyncio.start_server(lambda _reader, _writer: None, LOOPBACK, port)
    async with listener:
        ended = await run(environment(database_url, http_port=port), "serve")
    assert ended.status != 0
    assert "address already in use" in ended.said


async def test_work_sends_mails_when_the_server_comes_back_and_ends_in_time(
    database_url: str, database: Database, tmp_path: Path, schema_owner: SchemaOwner
) -> None:
    http_port, worker_port, smtp_port = free_ports(3)
    settings = environment(
        database_url,
        http_port=http_port,
        worker_port=worker_port,
        smtp_host=LOOPBACK,
        smtp_port=smtp_port,
        kafka_bootstrap_servers=f"{LOOPBACK}:{free_port()}",
    )
    assert (await run(migrating(settings, schema_owner), "migrate", "--no-topics")).status == 0
    async with running(settings, "work", worker_port, tmp_path / "log") as (worker, health):
        await database.execute(SOMEONE_WAITS_FOR_A_MAIL)

        async def was_tried() -> bool:
            return bool(await database.fetchval("SELECT attempts > 0 FROM account_mails"))

        await wait_until(was_tried, "a first attempt")
        mailbox = Mailbox(tmp_path / "mails")
        async with smtp_server(mailbox, LOOPBACK, smtp_port):

            async def was_sent() -> bool:
                return bool(await database.fetchval("SELECT sent_at IS NOT NULL FROM account_mails"))

            await wait_until(was_sent, "the mail to be sent")
        assert [mail.recipients for mail in mailbox.newest_first()] == [("dora@example.com",)]
        assert "active_user_sessions 0.0" in (await health.get("/metrics")).text
        began = time.monotonic()
        assert await stop(worker) == 0
        assert time.monotonic() - began < GRACE_SECONDS
    assert "dora@example.com" not in (tmp_path / "log").read_text()


async def test_events_reach_the_topics_that_migrate_made(
    database_url: str, kafka_server: KafkaServer, tmp_path: Path, schema_owner: SchemaOwner
) -> None:
    http_port, worker_port = free_ports(2)
    settings = environment(
        database_url,
        http_port=http_port,
        worker_port=worker_port,
        kafka_bootstrap_servers=kafka_server.bootstrap_servers,
    )
    migrated = await run(migrating(settings, schema_owner), "migrate")
    assert migrated.status == 0, migrated.said
    async with (
        running(settings, "serve", http_port, tmp_path / "serve") as (server, client),
        running(settings, "work", worker_port, tmp_path / "work") as (worker, health),
    ):
        user_id = (await register(client)).json()["id"]
        headers, event = await asyncio.wait_for(first_event_of(user_id, kafka_server), 30)
        assert (headers["ce_type"], headers["ce_source"]) == (b"parking.user.registered.v1", b"/services/auth")
        assert UserRegisteredV1.from_json(event).roles == ("user",)

        async def topics_are_as_they_should_be() -> bool:
            shown = (await health.get("/metrics")).text
            return 'topic_settings_drift{setting="retention.ms",topic="auth.session.v1"} 0.0' in shown

        await wait_until(topics_are_as_they_should_be, "the topics to be compared")
        assert await stop(worker) == 0
        assert await stop(server) == 0


async def first_event_of(user_id: str, kafka: KafkaServer) -> tuple[dict[str, bytes], bytes]:
    """Headers and value of the first record about a user."""
    consumer = AIOKafkaConsumer("auth.user.v1", bootstrap_servers=kafka.bootstrap_servers, auto_offset_reset="earliest")
    await consumer.start()
    try:
        while True:
            record = await consumer.getone()
            if record.key == user_id.encode():
                return dict(record.headers), record.value or b""
    finally:
        await consumer.stop()


SOMEONE_WAITS_FOR_A_MAIL = """
WITH someone AS (
    INSERT INTO users
    VALUES (gen_random_uuid(), 'dora@example.com', 'Dora', NULL, '', false, 'active', '{user}', now(), 1)
    RETURNING id
)
INSERT INTO account_mails (id, user_id, kind, due_at) SELECT gen_random_uuid(), id, 'verify_email', now() FROM someone
"""


async def _refuses(port: int) -> bool:
    """Whether nobody listens on the port any more."""
    try:
        _, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return True
    writer.close()
    return False
