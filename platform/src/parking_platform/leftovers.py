"""Finding the processes of a checkout, also those whose supervisor was killed."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from parking_platform.layout import Layout

KILL_SECONDS = 5.0
POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Leftover:
    """A process of this checkout that still runs."""

    pid: int
    command: str


def leftovers(layout: Layout, kernel_session: int | None) -> list[Leftover]:
    """The processes that run below the state directory, and are ours and not some shell's that went there.

    All that a supervisor starts stays in its kernel session, except PostgreSQL's workers, which make their own.
    """
    found: list[Leftover] = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            pid = int(process.name)
            # A directory that has been removed since is shown with "(deleted)" behind it.
            directory = Path(str((process / "cwd").readlink()).removesuffix(" (deleted)"))
            if not directory.is_relative_to(layout.state):
                continue
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            if os.getsid(pid) == kernel_session or (process / "exe").readlink().name == "postgres":
                found.append(Leftover(pid, command[:100]))
        except OSError:  # another user's process, or one that has just ended
            continue
    return found


def end_leftovers(layout: Layout, kernel_session: int | None) -> list[Leftover]:
    """End what is left, forcibly; returns what was ended."""
    ended = leftovers(layout, kernel_session)
    for process in ended:
        # PostgreSQL cleans up its shared memory on QUIT, and not when it is killed.
        _send(process.pid, signal.SIGQUIT if "postgres" in process.command else signal.SIGKILL)
    deadline = time.monotonic() + KILL_SECONDS
    while (stubborn := leftovers(layout, kernel_session)) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    for process in stubborn:
        _send(process.pid, signal.SIGKILL)
    return ended


def _send(pid: int, signal_number: signal.Signals) -> None:
    try:
        os.kill(pid, signal_number)
    except ProcessLookupError:
        return
