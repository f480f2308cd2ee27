"""The reference as a process of its own."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from benchmarks.reference_app import READY, URL
from tests.chaos.load import Door

from parking_platform.ports import LOOPBACK, free_port
from parking_platform.testing.waiting import wait_until

ROOT = Path(__file__).parents[1]


@asynccontextmanager
async def reference_server(database_url: str) -> AsyncGenerator[Door]:
    """It runs for as long as the block lasts."""
    port = free_port()
    door = Door(f"http://{LOOPBACK}:{port}")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.reference_app", str(port), cwd=ROOT, env={**os.environ, URL: database_url}
    )
    try:
        await wait_until(lambda: _is_ready(door), "the reference to serve", seconds=30)
        yield door
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _is_ready(door: Door) -> bool:
    try:
        async with aiohttp.ClientSession(door.address) as client, client.get(READY) as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False
