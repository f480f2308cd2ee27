"""The command line, as an operator uses it."""

import json
import sys
from pathlib import Path

import asyncpg
import pytest
from services.auth.tests.installation import Database
from services.auth.tests.programs import environment, migrating, run

from auth_service.entrypoints.cli import main
from parking_platform.ports import LOOPBACK, free_port
from parking_platform.testing.servers import PostgresServer, SchemaOwner

ADA = ("create-account", "--email", "ada@example.com", "--name", "Ada Admin")


async def test_wrong_settings_end_with_a_sentence_each_and_78() -> None:
    ended = await run(environment("mysql://x", master_key="c2hvcnQ="), "serve")
    assert ended.status == 78
    assert "setting AUTH_MASTER_KEY: must be 32 bytes in base64" in ended.said
    assert "setting AUTH_DATABASE_URL: " in ended.said
    assert "Traceback" not in ended.said
    assert "c2hvcnQ=" not in ended.said


async def test_an_account_is_made_once_and_given_roles(database_url: str, database: Database) -> None:
    settings = environment(database_url, account_password="correct horse battery")
    first = await run(settings, *ADA, "--role", "admin")
    again = await run(settings, *ADA, "--role", "admin", "--role", "operator")
    assert first.status == again.status == 0
    assert first.said.splitlines()[-1] == again.said.splitlines()[-1]
    (row,) = await database.fetch("SELECT email, roles, is_verified FROM users")
    assert tuple(row) == ("ada@example.com", ["admin", "operator", "user"], True)


@pytest.mark.parametrize(
    ("arguments", "password", "status", "sentence"),
    [
        ((*ADA, "--role", "king"), "correct horse battery", 1, "There is no role 'king'."),
        (ADA, "short", 1, "at least 10 characters"),
        (("create-account", "--email", "no address"), "correct horse battery", 2, "argument --email"),
        (ADA, "abcdefghij", 1, "several words that have nothing to do with each other"),
    ],
)
async def test_an_account_that_cannot_be_made_ends_with_a_sentence(
    database_url: str, arguments: tuple[str, ...], password: str, status: int, sentence: str
) -> None:
    ended = await run(environment(database_url, account_password=password), *arguments)
    assert (ended.status, sentence in ended.said, "Traceback" in ended.said) == (status, True, False)


@pytest.mark.parametrize("name", ["Ada\nBcc: all", "Ada\x9b31m", "  ", "x" * 201])
def test_a_name_that_is_not_one_line_is_refused_before_anything_is_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["auth-service", *ADA[:3], "--name", name])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "argument --name: must be one line" in capsys.readouterr().err


async def test_migrating_makes_schema_and_signing_key_and_twice_is_once(postgres_server: PostgresServer) -> None:
    """As production does it: by the schema's owner, for the role that runs."""
    database = await postgres_server.create_service_database()
    settings = environment(database.url)
    for _ in range(2):
        ended = await run(migrating(settings, SchemaOwner(database.owner_url)), "migrate", "--no-topics")
        assert ended.status == 0, ended.said
    connection = await asyncpg.connect(database.url)
    assert await connection.fetchval("SELECT count(*) FROM signing_keys") == 1
    await connection.close()


async def test_there_is_nothing_to_replay_in_a_service_that_consumes_nothing(database_url: str) -> None:
    ended = await run(environment(database_url), "replay")
    assert ended.status == 0, ended.said
    assert ended.said.splitlines()[-1] == "This service consumes no events: it has no groups, and so no dead letters."


async def test_what_is_away_is_named_in_a_sentence(database_url: str, schema_owner: SchemaOwner) -> None:
    nowhere = f"{LOOPBACK}:{free_port()}"
    settings = environment(database_url, kafka_bootstrap_servers=nowhere)
    no_kafka = await run(migrating(settings, schema_owner), "migrate")
    no_database = await run(environment(f"postgresql://{nowhere}/auth"), "migrate", "--no-topics")
    for ended in (no_kafka, no_database):
        assert ended.status == 69, ended.said
        assert "Traceback" not in ended.said
    assert f"kafka at {nowhere} did not make auth's topics" in no_kafka.said


async def test_the_description_of_the_api_needs_no_server(tmp_path: Path) -> None:
    ended = await run(environment(f"postgresql://{LOOPBACK}/none"), "openapi")
    assert json.loads(ended.said)["info"]["title"] == "auth"
