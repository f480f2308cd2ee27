"""C12: Redis is emptied and then killed while many want few spots."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from typing import cast

from redis.asyncio import Redis
from tests.chaos.rows import c1
from tests.chaos.verdict import Verdict
from tests.chaos.world import World

from parking_platform.testing.waiting import meanwhile

PROMISE = "with Redis emptied and killed in the middle, C1 is as it was"
ROUNDS = 5

# What it may take is C1's own row.
FULL = replace(c1.FULL, in_flight=(64,), is_timed=False)
SHORT = c1.SHORT


async def run(world: World, size: c1.Size, verdict: Verdict) -> None:
    """Again and again, as long as the storms last."""
    async with meanwhile(_let_redis_fall(world)):
        await c1.run(world, size, verdict)
    verdict.tried["Redis emptied and killed"] = len(world.faults.kills["redis"])
    verdict.require(world.faults.kills["redis"], "Redis was never killed")


async def _let_redis_fall(world: World) -> None:
    while True:
        async with Redis.from_url(world.platform.redis) as redis:
            await cast("Awaitable[bool]", redis.flushall())
        await world.faults.kill("redis")
        await asyncio.sleep(1)
