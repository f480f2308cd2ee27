"""What the kernel says of the machine (Linux)."""

import asyncio
from pathlib import Path

IDLE, IOWAIT = 3, 4


async def idle_share(seconds: float = 1.0) -> float:
    """Which share of all cores had nothing to do for so long."""
    before = _times()
    await asyncio.sleep(seconds)
    passed = [after - earlier for after, earlier in zip(_times(), before, strict=True)]
    return (passed[IDLE] + passed[IOWAIT]) / sum(passed)


def _times() -> list[int]:
    # The two after the first eight are in the first ones already.
    return [int(ticks) for ticks in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
