"""What a process uses, as the kernel says (Linux)."""

import os
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
USER, SYSTEM = 11, 12  # of /proc/PID/stat, after the name in brackets
RESIDENT = 1


@dataclass(frozen=True)
class Usage:
    """Of one process: seconds of a core since it started, and resident memory in bytes."""

    cpu: float
    memory: int


def usage(pid: int) -> Usage:
    """Of a process that is there. Raises `FileNotFoundError` or `ProcessLookupError` of one that is not."""
    process = Path("/proc") / str(pid)
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    pages = int((process / "statm").read_text().split()[RESIDENT])
    return Usage((int(fields[USER]) + int(fields[SYSTEM])) / TICKS, pages * PAGE)
