"""Starting, watching and stopping everything, in the right order."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from filelock import FileLock, Timeout

from parking_platform import demo
from parking_platform.accounts import AUTH, create_accounts
from parking_platform.composition import Composition
from parking_platform.databases import provision
from parking_platform.demonstration import Demonstration
from parking_platform.failures import PlatformFailure
from parking_platform.leftovers import Leftover, end_leftovers, leftovers
from parking_platform.ports import holder, is_free
from parking_platform.processes import log_tail
from parking_platform.readiness import NeverReady, NotReady, wait_until_ready
from parking_platform.report import Report
from parking_platform.servers.server import DidNotStart, Server
from parking_platform.servers.service import ServiceProcess, run_command
from parking_platform.settings import port_variable
from parking_platform.supervisor import ProcessState, State, Supervisor

START_SECONDS = 90.0
STATUS_SECONDS = 5.0
POLL_SECONDS = 0.1
GIVING_UP = frozenset({State.FATAL, State.BACKOFF})


class PortTaken(PlatformFailure):
    """Somebody else holds ports that we need; the message says which, who, and what to do."""


class Busy(PlatformFailure):
    """Another command works on the same platform at the moment."""


class UnknownName(PlatformFailure):
    """There is no process or service of that name."""


class NothingRuns(PlatformFailure):
    """There is nothing to restart."""

    def __init__(self) -> None:
        super().__init__("Nothing runs. `make up` starts it.")


@dataclass(frozen=True)
class Health:
    """How one process is: the supervisor's view, and why it does not serve (None: it does)."""

    process: ProcessState
    ports: Mapping[str, int]
    complaint: str | None


class Stack:
    """The platform of one composition."""

    def __init__(
        self,
        composition: Composition,
        report: Report,
        *,
        ends_with_us: bool = False,
        demonstration: Demonstration | None = None,
    ) -> None:
        self._parts = composition
        self._layout = composition.layout
        self._report = report
        self._ends_with_us = ends_with_us
        self._demonstration = demonstration
        self._supervisor = Supervisor(self._layout)

    async def up(self) -> None:
        """Start whatever does not run. When everything runs, nothing changes."""
        started = time.monotonic()
        is_found = self._layout.create()
        with self._alone():
            self._layout.require_secrets()
            if is_found and (self._supervisor.running or self.left()):
                self._report.say("A clone that was deleted at this path runs still: it is stopped first.")
                await self._stop_everything()
            self._parts.certificates.ensure()
            self._start_supervisor()
            missing = [server for server in self._servers if not self._states[server.name].alive]
            if missing:
                await self._start_missing(missing)
            if self._demonstration:
                await self._demonstration.prove(self._parts, self._report)
        took = f"Up after {time.monotonic() - started:.1f} s" if missing else "Everything runs already"
        self._report.say(f"{took}: {self._parts.public_url}\n{demo.summary(self._parts)}")

    async def down(self) -> None:
        """Stop everything, gracefully and in the reverse order; no process is left."""
        if not self._layout.state.exists():
            self._report.say("Nothing runs.")
            return
        self._layout.create()
        with self._alone():
            await self._stop_everything()
            self._layout.demo.unlink(missing_ok=True)
        self._report.say("Down: no process of this checkout is left.")

    async def restart(self, name: str) -> None:
        """Restart one process (`auth-work`), or both of a service (`auth`)."""
        chosen = [server for server in self._servers if name in {server.name, getattr(server, "service", None)}]
        if not chosen:
            known = ", ".join(server.name for server in self._servers)
            raise UnknownName(f"There is no process {name}. There are: {known}")
        if not self._supervisor.running:
            raise NothingRuns
        with self._alone():
            await self._stop([server.name for server in chosen])
            self._require_free_ports(chosen)
            await self._provision_postgres()
            await self._migrate_all(chosen)
            await self._start(chosen)

    @asynccontextmanager
    async def without(self, name: str) -> AsyncIterator[None]:
        """Keep one process stopped while the block lasts; it serves again afterwards."""
        server = next(server for server in self._servers if server.name == name)
        with self._alone():
            await self._stop([name])
            try:
                yield
            finally:
                await self._start([server])

    async def health(self) -> list[Health]:
        """How each process is, each asked for itself. Empty when nothing runs."""
        if not self._supervisor.running:
            return []
        states = self._states
        known = [server for server in self._servers if server.name in states]
        complaints = await asyncio.gather(*(_complaint(server) for server in known))
        return [
            Health(states[server.name], server.ports, complaint)
            for server, complaint in zip(known, complaints, strict=True)
        ]

    async def wait_until_ready(self, name: str, seconds: float = START_SECONDS) -> None:
        """Wait until the process serves; raises NeverReady after so many seconds."""
        server = next(server for server in self._servers if server.name == name)
        await wait_until_ready(server.check, seconds=seconds)

    def state(self, name: str) -> ProcessState:
        """The supervisor's view of one process."""
        return self._states[name]

    def left(self) -> list[Leftover]:
        """The processes of this platform that there are, whichever supervisor watches them."""
        return leftovers(self._layout, self._kernel_session)

    @cached_property
    def _servers(self) -> tuple[Server, ...]:
        return tuple(server for phase in self._parts.phases for server in phase)

    @property
    def _states(self) -> Mapping[str, ProcessState]:
        return self._supervisor.states()

    @property
    def _kernel_session(self) -> int | None:
        try:
            return int(self._supervisor.pid_file.read_text())
        except (FileNotFoundError, ValueError):
            return None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            with FileLock(self._layout.state / "lock", timeout=0):
                yield
        except Timeout as error:
            raise Busy("Another `make up`, `down` or `restart` of this checkout is at work; wait for it.") from error

    def _start_supervisor(self) -> None:
        specs = [server.process() for server in self._servers]
        if self._supervisor.running:
            for name in self._supervisor.update(specs):
                self._report.step(name, "settings changed")
            return
        for process in end_leftovers(self._layout, self._kernel_session):
            self._report.say(f"  Killed what its supervisor had left: {process.command} (pid {process.pid})")
        self._supervisor.start(specs, ends_with_us=self._ends_with_us)

    def _require_free_ports(self, servers: Iterable[Server]) -> None:
        taken = [
            f"  Port {port} ({name}) is taken by {holder(port) or 'a process that we may not see'}.\n"
            f"    Stop that, or move ours: ports.{name} in platform/platform.toml, or {port_variable(name)}=..."
            for server in servers
            for name, port in server.ports.items()
            if not is_free(port)
        ]
        if taken:
            raise PortTaken("\n".join(("Ports that the platform needs are taken:", *taken)))

    async def _start_missing(self, missing: list[Server]) -> None:
        self._require_free_ports(missing)
        await self._start_backing(missing)
        await self._create_accounts()
        await self._make_demonstration(missing)
        for phase in self._parts.phases[1:]:
            await self._start([server for server in phase if server in missing])
        demo.write(self._parts)

    async def _start_backing(self, missing: list[Server]) -> None:
        """Start what the services need. `migrate` makes tables and topics, so it does not wait for the others."""
        needed_to_migrate = (self._parts.postgres, self._parts.kafka)
        async with asyncio.TaskGroup() as tasks:
            for server in self._parts.backing:
                if server in missing and server not in needed_to_migrate:
                    tasks.create_task(self._start_one(server))
            await self._start([server for server in needed_to_migrate if server in missing])
            await self._provision_postgres()
            await self._migrate_all(missing)

    async def _start(self, servers: Iterable[Server]) -> None:
        async with asyncio.TaskGroup() as tasks:
            for server in servers:
                tasks.create_task(self._start_one(server))

    async def _start_one(self, server: Server) -> None:
        with self._report.timed(server.name, "ready"):
            await asyncio.to_thread(server.prepare)
            self._supervisor.start_process(server.name)
            try:
                await wait_until_ready(
                    server.check,
                    seconds=START_SECONDS,
                    running=lambda: self._states[server.name].state not in GIVING_UP,
                )
            except NeverReady as reason:
                raise DidNotStart(self._failure(server.name, str(reason))) from reason

    async def _provision_postgres(self) -> None:
        passwords = self._parts.environments.database_passwords
        await provision(self._parts.postgres.url("postgres"), self._parts.settings.databases, passwords)

    async def _migrate_all(self, servers: Iterable[Server]) -> None:
        services = {server.service for server in servers if isinstance(server, ServiceProcess)}
        async with asyncio.TaskGroup() as tasks:
            for service in sorted(services):
                tasks.create_task(self._migrate(service))

    async def _migrate(self, service: str) -> None:
        with self._report.timed(f"{service}-migrate", "done"):
            environment = self._parts.migration_environment(service)
            await run_command(service, "migrate", environment=environment, log=self._log(f"{service}-migrate"))

    async def _create_accounts(self) -> None:
        made = self._layout.server(AUTH) / "accounts-made"
        if AUTH not in self._parts.settings.services or made.exists():
            return
        with self._report.timed("accounts", "made"):
            await create_accounts(self._parts.secrets, self._parts.service_environment(AUTH), self._log("accounts"))
        made.parent.mkdir(exist_ok=True)
        made.touch()

    async def _make_demonstration(self, missing: list[Server]) -> None:
        """Its process is reservation, payment and the others at another time: it cannot stand beside them."""
        if self._demonstration and all(service in missing for service in self._parts.services):
            await self._demonstration.ensure(self._parts, self._report)

    async def _stop_everything(self) -> None:
        session = self._kernel_session
        if self._supervisor.running:
            # Without the secrets it is not known how processes were started; the supervisor stops them in any order.
            for phase in () if self._layout.has_lost_secrets else reversed(self._parts.phases):
                await self._stop([server.name for server in phase])
            self._supervisor.shut_down()
            await _until(lambda: not self._supervisor.running)
        await self._supervisor.reap()
        await _until(lambda: not leftovers(self._layout, session), seconds=2)
        for process in end_leftovers(self._layout, session):
            self._report.say(f"  Killed what was left: {process.command} (pid {process.pid})")

    async def _stop(self, names: Iterable[str]) -> None:
        stopping = [name for name in names if name in self._states]
        limits = {server.name: server.process().stop_seconds for server in self._servers}
        for name in stopping:
            self._supervisor.stop_process(name)
        async with asyncio.TaskGroup() as tasks:
            for name in stopping:
                tasks.create_task(self._await_stop(name, limits.get(name, 10)))

    async def _await_stop(self, name: str, limit: float) -> None:
        started = time.monotonic()
        await _until(lambda: self._states[name].state in {State.STOPPED, State.EXITED, State.FATAL}, seconds=limit + 5)
        took = time.monotonic() - started
        self._report.step(name, "stopped" if took < limit else f"KILLED (> {limit:.0f} s)", took)

    def _log(self, name: str) -> Path:
        return self._layout.logs / f"{name}.log"

    def _failure(self, name: str, reason: str) -> str:
        log = self._log(name)
        return (
            f"{name} did not come up: {reason}.\n  The end of {log}:\n{log_tail(log)}\n"
            f"  What did start still runs: `make status` shows it, `make down` ends it, `make up` tries again."
        )


async def _complaint(server: Server) -> str | None:
    try:
        async with asyncio.timeout(STATUS_SECONDS):
            await server.check()
    except NotReady as reason:
        return str(reason)
    except TimeoutError:
        return f"no answer within {STATUS_SECONDS:.0f} s"
    return None


async def _until(condition: Callable[[], bool], *, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:  # noqa: ASYNC110 - other processes send no asyncio events
        await asyncio.sleep(POLL_SECONDS)
