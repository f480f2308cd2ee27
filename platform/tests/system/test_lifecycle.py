"""What `make up` leaves: everything that it says is there. And what takes it down."""

import asyncio
import json
import os
import re
import shutil
import signal
import stat
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from parking_demo.people import City, Person
from parking_platform.layout import Layout
from parking_platform.programs import CHECKOUT
from parking_platform.report import Report
from parking_platform.secret_store import SecretStore
from parking_platform.stack import Busy, Stack
from parking_platform.testing.platform import RunningPlatform, running_platform
from parking_platform.testing.scratch import scratch_directory
from parking_platform.testing.waiting import wait_until

pytestmark = pytest.mark.timeout(300)

FILLED = {"auth": "users", "parking": "lots", "reservation": "reservations", "payment": "payments"}
"""What the demonstration fills, by service."""
NET = "sum(CASE kind WHEN 'payment' THEN gross ELSE -gross END)"


async def test_everything_is_ready(platform: RunningPlatform) -> None:
    names = {each.process.name for each in await platform.stack.health()}
    assert names >= {"postgres", "redis", "kafka", "elasticsearch", "nginx"}

    async def nobody_complains() -> bool:
        return not any(each.complaint for each in await platform.stack.health())

    # On a busy machine a server may need longer for its answer than `make status` waits.
    await wait_until(nobody_complains, "every process to serve", seconds=60)


async def test_the_gateway_is_trusted_by_its_authority(platform: RunningPlatform) -> None:
    async with platform.client() as client:
        answer = await client.get("/api/v1/auth/jwks.json")

    assert answer.status_code == 200


async def test_the_demonstration_file_says_where_everything_is(platform: RunningPlatform) -> None:
    written = json.loads(platform.parts.layout.demo.read_text())

    assert written["gateway"] == platform.gateway
    assert (platform.parts.layout.run.parent / written["ca"]).samefile(platform.ca)
    assert written["postgres"] == platform.postgres
    assert written["accounts"]["driver"] == asdict(platform.accounts["driver"])
    assert written["accounts"].keys() == {"driver", "operator", "admin"}
    assert written.keys() >= {"kafka", "elasticsearch", "stripe", "mail"}


async def test_the_accounts_can_sign_in(platform: RunningPlatform) -> None:
    async with platform.client() as client:
        for account in platform.accounts.values():
            form = {"grant_type": "password", "username": account.email, "password": account.password}
            answer = await client.post("/api/v1/auth/token", data=form)
            assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("name", ["auth", "analytics"])
async def test_a_role_reaches_its_own_database(platform: RunningPlatform, name: str) -> None:
    for url, may_create in ((platform.postgres[name], False), (platform.postgres_owners[name], True)):
        connection = await asyncpg.connect(url)
        try:
            assert await connection.fetchval("SELECT has_schema_privilege('public', 'CREATE')") is may_create
            assert not await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        finally:
            await connection.close()


@pytest.mark.parametrize("database", ["parking", "payment", "postgres", "template1"])
async def test_a_role_reaches_no_other_database(platform: RunningPlatform, database: str) -> None:
    foreign = platform.postgres["auth"].removesuffix("/auth") + f"/{database}"

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(foreign)


async def test_a_wrong_password_is_refused(platform: RunningPlatform) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(platform.postgres["auth"], password="guessed")


async def test_the_demonstrations_revenue_is_the_ledgers(platform: RunningPlatform) -> None:
    ((payments, net),) = await rows(
        platform, "payment", f"SELECT count(*) FILTER (WHERE kind = 'payment'), {NET} FROM ledger_entries"
    )
    async with signed_in(platform, "operator") as operator:
        (organization,) = (await operator.get("/users/me")).json()["organizations"]
        now = datetime.now(UTC)
        week = {"from": (now - timedelta(days=8)).isoformat(), "to": now.isoformat(), "interval": "1d"}

        async def all_counted() -> bool:
            answer = await operator.get("/analytics/revenue", params={"organization_id": organization["id"], **week})
            total = answer.json()["total"]
            return (total["payments"], total["gross"] - total["refunds"]) == (payments, net)

        await wait_until(all_counted, f"revenue of {net} from {payments} payments", seconds=60)


async def test_the_demonstrations_driver_has_a_history(platform: RunningPlatform) -> None:
    async with signed_in(platform, "driver") as driver:
        mine = (await driver.get("/reservations")).json()["items"]

    statuses = Counter(each["status"] for each in mine)
    # The newest of those that are completed is the one that the start has proved.
    assert statuses == {"completed": 4, "cancelled": 1, "expired": 1, "no_show": 1, "confirmed": 1}
    assert [each["refund_due"]["amount"] > 0 for each in mine if each["status"] == "cancelled"] == [True]


async def test_the_start_has_proved_one_booking(platform: RunningPlatform) -> None:
    proof = (platform.parts.layout.logs / "proof.log").read_text()

    assert re.fullmatch(r"Proved one booking: spot \w+ of .+ paid \d+\.\d\d EUR with 3-D Secure, .+ s\n", proof)


async def test_the_demonstrations_money_has_reservations(platform: RunningPlatform) -> None:
    kept = f"SELECT reservation_id FROM ledger_entries GROUP BY 1 HAVING {NET} > 0"
    paid = [reservation for (reservation,) in await rows(platform, "payment", kept)]
    without_time = "SELECT id FROM reservations WHERE status IN ('pending', 'expired') AND id = ANY($1)"
    twice = "SELECT 1 FROM allocations a JOIN allocations b USING (spot_id) WHERE a.id < b.id AND a.during && b.during"

    assert len(paid) > 20
    assert not await rows(platform, "reservation", without_time, paid)
    assert not await rows(platform, "reservation", f"{twice} AND a.blocking AND b.blocking")


async def test_the_demonstration_leaves_the_databases_clock_alone(platform: RunningPlatform) -> None:
    for service in ("auth", "parking", "reservation", "payment"):
        assert not await rows(platform, service, "SELECT 1 FROM pg_namespace WHERE nspname = 'demo_clock'")
        assert not await rows(platform, service, "SELECT 1 FROM pg_trigger WHERE tgname = 'dated'")
    assert not await rows(platform, "auth", "SELECT 1 FROM pg_roles WHERE rolname LIKE '%in_the_past'")


async def test_deliveries_of_the_demonstration_are_dated_in_its_past(platform: RunningPlatform) -> None:
    """By the event's time notification knows what is too old for a mail."""
    delivered = "SELECT count(*) FROM deliveries WHERE channel = $1"
    mailed, by_socket = [
        (await rows(platform, "notification", delivered, channel))[0][0] for channel in ("email", "websocket")
    ]

    assert 0 < mailed < by_socket / 2


async def test_events_of_the_demonstration_are_marked_as_sent_now(platform: RunningPlatform) -> None:
    """The relay deletes what was sent a day ago, and looks at it by this time."""
    unpublished = "SELECT id FROM users WHERE id::text NOT IN (SELECT aggregateid FROM outbox)"
    long_ago = "SELECT 1 FROM outbox WHERE sent_at < now() - interval '6 hours'"

    assert not await rows(platform, "auth", unpublished)
    for service in ("auth", "parking", "reservation", "payment"):
        assert not await rows(platform, service, long_ago)


async def test_up_again_changes_nothing(platform: RunningPlatform) -> None:
    async def what_is_there() -> object:
        counts = [await rows(platform, service, f"SELECT count(*) FROM {table}") for service, table in FILLED.items()]
        return counts, {each.process.name: each.process.pid for each in await platform.stack.health()}

    before = await what_is_there()

    await platform.stack.up()

    assert await what_is_there() == before


async def test_two_commands_at_once_are_refused(platform: RunningPlatform) -> None:
    other = Stack(platform.parts, Report(quiet=True))

    outcomes = await asyncio.gather(platform.stack.restart("redis"), other.restart("redis"), return_exceptions=True)

    assert [type(outcome) for outcome in outcomes if outcome] == [Busy]


async def test_a_killed_process_is_started_again_and_reported(platform: RunningPlatform) -> None:
    killed = platform.signal("auth-serve")

    await wait_until(lambda: platform.stack.state("auth-serve").pid not in {0, killed}, "a new process")
    await platform.wait_until_ready("auth-serve")

    incidents = platform.parts.layout.incidents
    await wait_until(lambda: "auth-serve runs again" in incidents.read_text(), "the incident to be written")
    assert f"auth-serve ended unexpectedly (pid {killed})" in incidents.read_text()


async def test_state_lies_outside_of_a_closed_checkout_and_secrets_are_closed(platform: RunningPlatform) -> None:
    layout, theirs = Layout.of_checkout(CHECKOUT), platform.parts.layout

    assert not layout.state.is_relative_to(CHECKOUT)
    assert len(str(layout.state / "gateway/run/internal.sock")) <= 107
    for file in (theirs.secrets, theirs.demo, theirs.supervisor / "supervisord.conf"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_down_leaves_nothing_even_when_the_supervisor_was_killed() -> None:
    with scratch_directory() as directory:
        async with running_platform(directory / "own", with_services=False) as running:
            layout = running.parts.layout
            visitor = await asyncio.create_subprocess_exec("sleep", "60", cwd=layout.server("redis"))
            os.kill(int((layout.supervisor / "supervisord.pid").read_text()), signal.SIGKILL)
            assert {"postgres", "java", "nginx"} <= {name_of(left.pid) for left in running.stack.left()}

            await running.stack.down()

            assert running.stack.left() == []
            assert await running.stack.health() == []
            # A process that only looks around in the state directory is left alone.
            assert visitor.returncode is None
            visitor.kill()
            await visitor.wait()


async def test_a_clone_made_again_while_the_deleted_one_runs_starts_with_its_data() -> None:
    with scratch_directory() as directory:
        async with running_platform(directory / "own", with_services=False) as running:
            parts = running.parts
            connection = await asyncpg.connect(running.postgres_admin)
            await connection.execute("CREATE TABLE kept ()")
            await connection.close()
            before = {each.process.name: each.process.pid for each in await running.stack.health()}
            shutil.rmtree(parts.layout.run)
            parts.layout.run.mkdir(mode=0o700)

            again = replace(parts, secrets=SecretStore(parts.layout.secrets))
            stack = Stack(again, Report(quiet=True), ends_with_us=True)
            await stack.up()

            healths = await stack.health()
            assert {each.process.name for each in healths} == before.keys()
            assert not {each.process.pid for each in healths} & set(before.values())
            # Also the gateway, whose certificate is another authority's now.
            assert [each.complaint for each in healths if each.complaint] == []
            connection = await asyncpg.connect(again.postgres.url("postgres"))
            assert await connection.fetch("SELECT * FROM kept") == []
            await connection.close()
            await stack.down()


@asynccontextmanager
async def signed_in(platform: RunningPlatform, account: str) -> AsyncIterator[Person]:
    """One of the demonstration's people."""
    who = platform.accounts[account]
    async with platform.client() as client:
        yield await Person.signed_in(City(client, platform.mail, platform.stripe), who.email, who.password)


async def rows(platform: RunningPlatform, database: str, query: str, *values: object) -> list[asyncpg.Record]:
    """What a service's database answers."""
    connection = await asyncpg.connect(platform.postgres[database])
    try:
        return await connection.fetch(query, *values)
    finally:
        await connection.close()


def name_of(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()
