"""`auth-service` as it really runs: a process of its own, with its settings in the environment."""

import asyncio
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from services.auth.tests.installation import ANSWER_KEYS, ISSUER, MASTER_KEY

from parking_platform.ports import LOOPBACK
from parking_platform.processes import inherited_environment
from parking_platform.testing.servers import SchemaOwner
from parking_platform.testing.waiting import wait_until

PROGRAM = Path(sys.executable).parent / "auth-service"


def environment(database_url: object, **changes: object) -> dict[str, str]:
    """What the process gets to see; settings by name."""
    values = {
        "environment": "test",
        "database_url": database_url,
        "pool_size": 5,
        "token_issuer": ISSUER,
        "public_url": ISSUER,
        "master_key": MASTER_KEY,
        "answer_keys": ANSWER_KEYS,
        "bcrypt_cost": 4,
        **changes,
    }
    inherited = {name: value for name, value in inherited_environment().items() if not name.startswith("AUTH_")}
    return inherited | {f"AUTH_{name.upper()}": str(value) for name, value in values.items()}


def migrating(environment: dict[str, str], owner: SchemaOwner) -> dict[str, str]:
    """What `migrate` gets to see besides, and no process that runs on."""
    return {**environment, "AUTH_DATABASE_MIGRATION_URL": owner.url}


@dataclass(frozen=True)
class Ended:
    """How a command ended, and all that it said."""

    status: int
    said: str


async def run(environment: dict[str, str], *arguments: str) -> Ended:
    """Run a command to its end."""
    process = await asyncio.create_subprocess_exec(
        PROGRAM, *arguments, env=environment, stdin=asyncio.subprocess.DEVNULL, stdout=PIPE, stderr=STDOUT
    )
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return Ended(process.returncode, said.decode())


@asynccontextmanager
async def running(
    environment: dict[str, str], subcommand: str, port: int, log: Path
) -> AsyncIterator[tuple[Process, httpx.AsyncClient]]:
    """A process that is ready, and a client of its port; it is killed if it is still there after the block."""
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            PROGRAM, subcommand, env=environment, stdout=output, stderr=STDOUT
        )
    try:
        async with httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{port}", trust_env=False) as client:

            async def ready() -> bool:
                assert process.returncode is None, f"ended with {process.returncode}: see {log}"
                try:
                    return (await client.get("/readyz")).status_code == 200
                except httpx.TransportError:
                    return False

            await wait_until(ready, "the process to be ready", seconds=30)
            yield process, client
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
