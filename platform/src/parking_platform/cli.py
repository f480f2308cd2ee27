"""`python -m parking_platform`: up, down, status, logs, restart, reset; and a service's own commands and database."""

import argparse
import asyncio
import logging
import os
import re
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tomllib import TOMLDecodeError

from pydantic import ValidationError

from parking_platform.composition import Composition
from parking_platform.containers import Containers
from parking_platform.demonstration import WHOLE
from parking_platform.failures import PlatformFailure
from parking_platform.layout import Layout
from parking_platform.ports import LOOPBACK
from parking_platform.processes import inherited_environment
from parking_platform.programs import CHECKOUT, postgres_programs
from parking_platform.report import Report
from parking_platform.secret_store import SecretStore
from parking_platform.servers.service import program
from parking_platform.settings import load_settings
from parking_platform.stack import Health, NothingRuns, Stack, UnknownName
from parking_platform.supervisor import Supervisor

EXPECTED = (PlatformFailure, TOMLDecodeError, ValidationError)
INCIDENTS_SHOWN = 5
TAIL = ("tail", "-n", "40")
NEEDS_NO_SERVER = frozenset({"--help", "-h", "openapi"})


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line; exits with 1 and a message when something did not work."""
    options = _parse(arguments)
    # Its complaints while the broker starts would only alarm people; what matters is in our own messages.
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())
    layout = Layout.of_checkout(CHECKOUT)
    try:
        _require_name(options)
        if options.engine == "native":
            _become_another_program(options, layout)
        asyncio.run(_run(options, layout))
    except* EXPECTED as group:
        for error in _leaves(group):
            sys.stderr.write(f"\n{error}\n")
        sys.exit(1)


def _become_another_program(options: argparse.Namespace, layout: Layout) -> None:
    """For commands that another program carries out; returns for all others."""
    match options.command:
        case "logs":
            show_logs(layout, options.name, follow=options.follow)
        case "run":
            parts = _composition(layout, options.profile)
            _require_service(parts, options.name)
            if NEEDS_NO_SERVER.isdisjoint(options.arguments):
                _require_running(layout)
            run_service_command(parts, options.name, options.arguments)
        case "psql":
            parts = _composition(layout, options.profile)
            _require_service(parts, options.name)
            _require_running(layout)
            become_psql(parts, options.name, options.arguments)
        case _:
            pass


async def _run(options: argparse.Namespace, layout: Layout) -> None:
    report = Report()
    parts = _composition(layout, options.profile)
    if options.engine == "docker":
        await _run_containers(options, Containers(parts, report))
        return
    stack = Stack(parts, report, demonstration=WHOLE)
    match options.command:
        case "up":
            await stack.up()
        case "down":
            await stack.down()
        case "restart":
            await stack.restart(options.name)
        case "reset":
            await stack.down()
            for path in layout.delete():
                report.say(f"Deleted {path}")
        case _:
            sys.exit(show_status(await stack.health(), layout, report))


async def _run_containers(options: argparse.Namespace, containers: Containers) -> None:
    match options.command:
        case "up":
            await containers.up()
        case "down":
            await containers.down()
        case "restart":
            await containers.restart(options.name)
        case "reset":
            await containers.reset()
        case "run":
            await containers.run(options.name, options.arguments)
        case "psql":
            await containers.psql(options.name, options.arguments)
        case "logs":
            await containers.logs(options.name, follow=options.follow)
        case _:
            await containers.status()


def _composition(layout: Layout, profile: str) -> Composition:
    settings = load_settings()
    if profile not in settings.profiles:
        raise UnknownName(f"There is no profile {profile}. There are: {', '.join(settings.profiles)}")
    layout.run.mkdir(exist_ok=True)
    secrets = SecretStore(layout.secrets, layout.require_secrets)
    return Composition(settings=settings, layout=layout, secrets=secrets, profile=settings.profiles[profile])


def show_status(healths: list[Health], layout: Layout, report: Report) -> int:
    """Print a table and the last incidents; 0 when all is well."""
    if not healths:
        report.say("Nothing runs. `make up` starts it.")
        return 1
    for health in healths:
        process = health.process
        uptime = f"{time.time() - process.started_at:.0f} s" if process.pid else "-"
        ports = " ".join(str(port) for port in health.ports.values())
        condition = health.complaint or "ready"
        report.say(f"{process.name:<22} {process.state:<9} pid {process.pid:<8} up {uptime:<9} {ports:<12} {condition}")
    if layout.incidents.exists():
        lines = layout.incidents.read_text().splitlines()
        report.say(f"\nIncidents ({len(lines)} lines in {layout.incidents}):")
        for line in lines[-INCIDENTS_SHOWN:]:
            report.say(f"  {line}")
    return 1 if any(health.complaint for health in healths) else 0


def show_logs(layout: Layout, name: str | None, *, follow: bool) -> None:
    """Become `tail` on one log, on a service's logs, or on all."""
    logs = {_log_name(layout, path): path for path in sorted(layout.logs.rglob("*.log"))}
    files = [path for known, path in logs.items() if name in {None, known, re.split("[-/]", known)[0]}]
    if not files:
        known = ", ".join(sorted(logs)) or "none"
        sys.exit(f"There is no log of {name or 'anything'}. There are: {known}")
    os.execvp(TAIL[0], (*TAIL, *(("-F",) if follow else ()), *map(str, files)))  # noqa: S606 - tail knows how


def _log_name(layout: Layout, path: Path) -> str:
    """`auth-serve`; of the gateway, which has a folder of its own, `gateway/access`."""
    return str(path.relative_to(layout.logs).with_suffix(""))


def _require_name(options: argparse.Namespace) -> None:
    if "name" in options and options.name is None and options.command != "logs":
        services = ", ".join(load_settings().services)
        raise UnknownName(f"`make {options.command}` needs a name, such as NAME=auth. The services are: {services}")


def _require_running(layout: Layout) -> None:
    if not Supervisor(layout).running:
        raise NothingRuns


def run_service_command(parts: Composition, service: str, arguments: Sequence[str]) -> None:
    """Become a service's command with that service's settings: `replay`, `migrate`, … ; `--help` names them."""
    settings_of = parts.migration_environment if arguments[:1] == ["migrate"] else parts.service_environment
    _become((str(program(service)), *arguments), settings_of(service))


def become_psql(parts: Composition, service: str, arguments: Sequence[str]) -> None:
    """Become `psql` on a service's database, as the service's own role. The password is in no process list."""
    port = str(parts.settings.ports["postgres"])
    address = ("--host", LOOPBACK, "--port", port, "--username", service, "--dbname", service)
    password = parts.environments.database_password(service)
    _become((str(postgres_programs() / "psql"), *address, *arguments), {"PGPASSWORD": password})


def _become(command: Sequence[str], variables: Mapping[str, str]) -> None:
    os.execve(command[0], tuple(command), inherited_environment() | dict(variables))  # noqa: S606 - no shell is wanted


def _require_service(parts: Composition, name: str) -> None:
    if name not in parts.settings.services:
        raise UnknownName(f"There is no service {name}. There are: {', '.join(parts.settings.services)}")


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m parking_platform", description=__doc__)
    parser.add_argument("--profile", default=os.environ.get("PROFILE") or "default")
    parser.add_argument("--engine", choices=("native", "docker"), default="native", help="processes, or containers")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    commands.add_parser("up", help="start whatever does not run")
    commands.add_parser("down", help="stop everything")
    commands.add_parser("status", help="how each process is")
    commands.add_parser("reset", help="stop everything and delete its data")
    logs = commands.add_parser("logs", help="the end of the logs")
    logs.add_argument("name", nargs="?", help="a process or a service")
    logs.add_argument("-f", "--follow", action="store_true", help="go on")
    restart = commands.add_parser("restart", help="restart one process, or both of a service")
    restart.add_argument("name", nargs="?")
    for name, what in (("run", "run a service's own command, with its settings"), ("psql", "its database")):
        of_service = commands.add_parser(name, help=what)
        of_service.add_argument("name", nargs="?", help="a service")
        of_service.add_argument("arguments", nargs=argparse.REMAINDER)
    return parser.parse_args(arguments)


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    found: list[BaseException] = []
    for error in group.exceptions:
        found.extend(_leaves(error) if isinstance(error, BaseExceptionGroup) else [error])
    return found
