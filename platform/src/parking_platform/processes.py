"""Processes: what is to be run, and running it as a child that cannot outlive its parent."""

import asyncio
import ctypes
import os
import pwd
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self, TypedDict

from parking_platform.failures import PlatformFailure

PR_SET_PDEATHSIG = 1
# Byte code must be written: without it each service's imports cost seconds at every start.
UNWANTED_VARIABLES = frozenset({"PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONHOME"})
TAIL_LINES = 20
# Where all share one machine, processes that answer requests come before those that follow up: a process of this
# niceness gets a ninth of what each other gets of a busy processor, and all of an idle one. They are many: at a third,
# the followers took as much of the first second of a burst as the bookings themselves.
YIELDING = ("nice", "-n", "10")
POLL_SECONDS = 0.1

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, kw_only=True)
class ProcessSpec:
    """What is to be run. `user` None means: as the user who starts it. Durations are seconds."""

    name: str
    command: tuple[str, ...]
    directory: Path
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10
    # What the kernel sends when the parent ends; None lets it live on. A killed PostgreSQL would leave shared memory.
    orphan_signal: signal.Signals | None = signal.SIGKILL


def inherited_environment() -> dict[str, str]:
    """Our own environment without the variables that harm children."""
    return {name: value for name, value in os.environ.items() if name not in UNWANTED_VARIABLES}


def user_environment(user: str | None) -> dict[str, str]:
    """What a program expects to find about the user it runs as."""
    return {"HOME": pwd.getpwnam(user).pw_dir, "USER": user, "LOGNAME": user} if user else {}


class ProgramFailed(PlatformFailure):
    """A short-lived program failed; the message holds what it said."""


def run_as(user: str | None, command: tuple[str, ...], *, directory: Path) -> None:
    """Run a short-lived program; raise ProgramFailed when it fails."""
    done = subprocess.run(  # noqa: S603 - the command is ours
        command,
        cwd=directory,
        env=inherited_environment() | user_environment(user),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        **_identity(user),
    )
    if done.returncode:
        said = done.stdout.decode(errors="replace").strip()
        raise ProgramFailed(f"{command[0]} failed (exit {done.returncode}):\n{said}")


def log_tail(path: Path, lines: int = TAIL_LINES) -> str:
    """The last lines of a log file, indented, or a word that there are none."""
    try:
        text = path.read_text(errors="replace")
    except FileNotFoundError:
        text = ""
    return "\n".join(f"    {line}" for line in text.splitlines()[-lines:]) or "    (its log is empty)"


class ChildProcess:
    """A running process that the kernel ends when we end, however that happens, unless its spec says otherwise."""

    def __init__(self, spec: ProcessSpec, process: subprocess.Popen[bytes], log: Path) -> None:
        self.spec = spec
        self.log = log
        self._process = process

    @classmethod
    def start(cls, spec: ProcessSpec, log: Path) -> Self:
        """Start it in a session of its own, so that a Ctrl-C at the terminal reaches us first."""
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603 - the command is ours
                spec.command,
                cwd=spec.directory,
                env=inherited_environment() | user_environment(spec.user) | dict(spec.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent(spec.orphan_signal),  # noqa: PLW1509 - one system call, no locks
                **_identity(spec.user),
            )
        return cls(spec, process, log)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    async def wait(self) -> int:
        """Wait until it ends by itself; its exit code."""
        while (code := self._process.poll()) is None:  # noqa: ASYNC110 - processes send no asyncio events
            await asyncio.sleep(POLL_SECONDS)
        return code

    async def stop(self) -> None:
        """Ask it to stop, and kill it when it takes longer than it may."""
        if self.running:
            self._process.send_signal(self.spec.stop_signal)
        try:
            await asyncio.to_thread(self._process.wait, self.spec.stop_seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)


class _Identity(TypedDict, total=False):
    user: str
    group: int
    extra_groups: list[int]


def _identity(user: str | None) -> _Identity:
    if user is None:
        return {}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def _die_with_parent(signal_number: signal.Signals | None) -> Callable[[], None] | None:
    if signal_number is None:
        return None
    parent = os.getpid()

    def request() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, signal_number)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal_number)

    return request
