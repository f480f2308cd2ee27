"""The services as they really run: processes of their own, with their settings in the environment."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from parking_platform.ports import LOOPBACK
from parking_platform.processes import inherited_environment
from parking_platform.testing.waiting import wait_until

PROGRAMS = Path(sys.executable).parent


def environment(service: str, values: Mapping[str, object]) -> dict[str, str]:
    """What a process gets to see; settings by name."""
    prefix = f"{service.upper()}_"
    inherited = {name: value for name, value in inherited_environment().items() if not name.startswith(prefix)}
    return inherited | {f"{prefix}{name.upper()}": _text(value) for name, value in values.items()}


def _text(value: object) -> str:
    return json.dumps(value) if isinstance(value, tuple) else str(value)


async def run(service: str, environment: Mapping[str, str], *arguments: str) -> str:
    """Run a command to its good end; what it said."""
    process = await asyncio.create_subprocess_exec(
        PROGRAMS / f"{service}-service",
        *arguments,
        env=dict(environment),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
    )
    said, complaints = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, said.decode() + complaints.decode()
    return said.decode()


@asynccontextmanager
async def running(
    service: str, environment: Mapping[str, str], subcommand: str, port: int, log: Path
) -> AsyncIterator[Process]:
    """A process that is ready; it gets SIGTERM after the block, if it is still there."""
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            PROGRAMS / f"{service}-service", subcommand, env=dict(environment), stdout=output, stderr=STDOUT
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
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), 15)
            except TimeoutError:
                process.kill()
                await process.wait()
