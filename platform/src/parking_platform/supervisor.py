"""The supervisor process: keeps our processes running, and reports their states."""

import os
import shlex
import signal
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, cast
from xmlrpc.client import Fault, ServerProxy

from supervisor.xmlrpc import Faults, SupervisorTransport

from parking_platform.failures import PlatformFailure
from parking_platform.incidents import EVENTS
from parking_platform.layout import Layout
from parking_platform.processes import ChildProcess, ProcessSpec, user_environment

START_SECONDS = 10.0
POLL_SECONDS = 0.05
# A process that cannot start is tried this often, each time a second later: for half an hour.
START_RETRIES = 60


class SupervisorFailed(PlatformFailure):
    """The supervisor did not start or did not do what it was asked to."""


class State(StrEnum):
    """The supervisor's names for the states of a process."""

    STOPPED = "STOPPED"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    BACKOFF = "BACKOFF"
    STOPPING = "STOPPING"
    EXITED = "EXITED"
    FATAL = "FATAL"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True)
class ProcessState:
    """How one process is. `started_at` is in seconds since 1970."""

    name: str
    state: State
    pid: int
    started_at: int

    @property
    def alive(self) -> bool:
        """Whether there is a process, or soon will be again."""
        return self.state in {State.STARTING, State.RUNNING, State.BACKOFF}


class Supervisor:
    """One supervisord on a Unix socket of ours."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._socket = layout.supervisor / "control.sock"
        self._configuration = layout.supervisor / "supervisord.conf"
        self._child: ChildProcess | None = None

    @property
    def pid_file(self) -> Path:
        """Holds the supervisor's process id, which is also the id of the kernel session of all it started."""
        return self._layout.supervisor / "supervisord.pid"

    @property
    def running(self) -> bool:
        """Whether it is there; also while it shuts down, when it answers every call with a fault."""
        try:
            self._call("getState")
        except OSError:
            return False
        except Fault:
            return True
        return True

    def start(self, specs: Iterable[ProcessSpec], *, ends_with_us: bool) -> None:
        """Start the supervisor, which starts nothing yet. `ends_with_us`: when our process ends, so does it all."""
        self._write(specs)
        spec = ProcessSpec(
            name="supervisor",
            command=(
                sys.executable,
                *("-c", "from supervisor.supervisord import main; main()"),
                *("-n", "-c", str(self._configuration)),
            ),
            directory=self._layout.supervisor,
            orphan_signal=signal.SIGTERM if ends_with_us else None,
        )
        log = self._layout.logs / "supervisor.log"
        self._child = ChildProcess.start(spec, log)
        deadline = time.monotonic() + START_SECONDS
        while not self.running:
            if not self._child.running or time.monotonic() > deadline:
                raise SupervisorFailed(f"The supervisor did not start; see {log}")
            time.sleep(POLL_SECONDS)

    def update(self, specs: Iterable[ProcessSpec]) -> tuple[str, ...]:
        """Take over a changed configuration; returns the names of the processes that were stopped for it."""
        self._write(specs)
        [[added, changed, removed]] = self._call("reloadConfig")
        for name in (*changed, *removed):
            self._call("stopProcessGroup", name)
            self._call("removeProcessGroup", name)
        for name in (*added, *changed):
            self._call("addProcessGroup", name)
        return (*changed, *removed)

    def states(self) -> Mapping[str, ProcessState]:
        """All processes that we asked it to run."""
        found = cast("list[dict[str, Any]]", self._call("getAllProcessInfo"))
        return {
            info["name"]: ProcessState(info["name"], State(info["statename"]), info["pid"], info["start"])
            for info in found
            if info["name"] != "incidents"
        }

    def start_process(self, name: str) -> None:
        """Start one process, without waiting."""
        self._ignoring(Faults.ALREADY_STARTED, "startProcess", name)

    def stop_process(self, name: str) -> None:
        """Ask one process to stop, without waiting; it is killed when it takes longer than its spec allows."""
        self._ignoring(Faults.NOT_RUNNING, "stopProcess", name)

    def shut_down(self) -> None:
        """Ask the supervisor to end, with whatever still runs. `running` says when it has."""
        self._call("shutdown")

    async def reap(self) -> None:
        """Wait for the end of the supervisor's process, when it is our child."""
        if self._child:
            await self._child.stop()

    def _call(self, method: str, *arguments: object) -> Any:
        # A new connection each time: it does not survive a refused call.
        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        try:
            return getattr(ServerProxy("http://127.0.0.1", transport).supervisor, method)(*arguments)
        finally:
            transport.close()

    def _ignoring(self, fault: int, method: str, name: str) -> None:
        try:
            self._call(method, name, False)  # noqa: FBT003 - XML-RPC has no keywords
        except Fault as error:
            if error.faultCode != fault:
                raise SupervisorFailed(f"{method} {name}: {error.faultString}") from error

    def _write(self, specs: Iterable[ProcessSpec]) -> None:
        sections = [_control_sections(self._layout, self._socket, self.pid_file)]
        sections += [program_section(spec, self._layout.logs) for spec in specs]
        # It holds the services' secrets.
        descriptor = os.open(self._configuration, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write("\n".join(sections))


def _control_sections(layout: Layout, socket: Path, pid_file: Path) -> str:
    # Without `user` it warns about being root.
    user = "user = root\n" if os.geteuid() == 0 else ""
    listener = shlex.join((sys.executable, "-m", "parking_platform.incidents", str(layout.incidents)))
    return (
        f"[supervisord]\nnodaemon = true\nsilent = true\n{user}"
        f"directory = {layout.supervisor}\npidfile = {pid_file}\n"
        f"logfile = {layout.logs}/supervisor.log\nlogfile_maxbytes = 5MB\nlogfile_backups = 1\n"
        f"[unix_http_server]\nfile = {socket}\nchmod = 0600\n"
        "[rpcinterface:supervisor]\n"
        "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n"
        f"[eventlistener:incidents]\ncommand = {_literal(listener)}\nevents = {EVENTS}\nbuffer_size = 1000\n"
        f"autorestart = true\nstderr_logfile = {layout.logs}/incidents-listener.log\n"
    )


def program_section(spec: ProcessSpec, logs: Path) -> str:
    """One process as the supervisor's configuration has it. Raises SupervisorFailed for what those cannot say."""
    environment = user_environment(spec.user) | dict(spec.environment)
    for name, value in environment.items():
        if set(value) & set("\"'\n"):
            raise SupervisorFailed(f"{spec.name}: {name} has a quote or a line break, which supervisord cannot take")
    assignments = ",".join(f'{name}="{_literal(value)}"' for name, value in environment.items())
    return (
        f"[program:{spec.name}]\ncommand = {_literal(shlex.join(spec.command))}\ndirectory = {spec.directory}\n"
        + (f"user = {spec.user}\n" if spec.user else "")
        + (f"environment = {assignments}\n" if assignments else "")
        + "autostart = false\nautorestart = true\nstartsecs = 1\n"
        f"startretries = {START_RETRIES}\n"
        f"stopsignal = {spec.stop_signal.name.removeprefix('SIG')}\nstopwaitsecs = {spec.stop_seconds:.0f}\n"
        f"redirect_stderr = true\nstdout_logfile = {logs}/{spec.name}.log\n"
        "stdout_logfile_maxbytes = 20MB\nstdout_logfile_backups = 1\n"
    )


def _literal(text: str) -> str:
    """Supervisor expands `%(name)s` in values."""
    return text.replace("%", "%%")
