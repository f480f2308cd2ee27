"""What the kernel says of the machine and of a process (Linux)."""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
IDLE, IOWAIT = 3, 4
USER, SYSTEM = 11, 12  # of /proc/PID/stat, after the name in brackets
RESIDENT = 1


@dataclass(frozen=True)
class Usage:
    """Of one process: seconds of a core since it started, and resident memory in bytes."""

    cpu: float
    memory: int


async def idle_share(seconds: float = 1.0) -> float:
    """Which share of all cores had nothing to do for so long."""
    before = _times()
    await asyncio.sleep(seconds)
    passed = [after - earlier for after, earlier in zip(_times(), before, strict=True)]
    return (passed[IDLE] + passed[IOWAIT]) / sum(passed)


def usage(pid: int) -> Usage:
    """Of a process that is there."""
    process = Path("/proc") / str(pid)
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    pages = int((process / "statm").read_text().split()[RESIDENT])
    return Usage((int(fields[USER]) + int(fields[SYSTEM])) / TICKS, pages * PAGE)


def _times() -> list[int]:
    # The two after the first eight are in the first ones already.
    return [int(ticks) for ticks in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
