"""The command line that every service has: `serve`, `work`, `migrate`, and what it adds of its own."""

import argparse
import asyncio
import json
import re
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, TextIO

from fastapi import FastAPI
from pydantic import ValidationError
from pydantic_settings import SettingsError

from parking_chassis import process
from parking_chassis.error_words import rule_of
from parking_chassis.logs import configure_logs
from parking_chassis.settings import ServiceSettings
from parking_chassis.telemetry import configure_tracing

Arguments = argparse.Namespace
type Preparation[Settings] = Callable[[Settings], Awaitable[object]]
CONFIGURATION_ERROR = 78  # EX_CONFIG of sysexits.h
UNAVAILABLE = 69  # EX_UNAVAILABLE
UNREADABLE = re.compile(r'field "(\w+)"')  # in the words of the library, which names the setting nowhere else


class WrongSettings(Exception):
    """Settings that are missing, wrong, or do not go together: a sentence for each, with the variable's whole name."""

    def __init__(self, prefix: str, error: ValidationError | SettingsError) -> None:
        super().__init__(str(error))
        if isinstance(error, ValidationError):
            self.sentences = [_sentence(prefix, each["loc"], rule_of(each)) for each in error.errors()]
        else:
            self.sentences = [_sentence(prefix, UNREADABLE.findall(str(error)), "must be JSON")]


def _sentence(prefix: str, location: Sequence[str | int], rule: str) -> str:
    """`location` is empty where several settings do not go together, and the rule names them."""
    return f"setting {prefix}{'_'.join(map(str, location)).upper()}: {rule}" if location else rule


@dataclass(frozen=True, slots=True)
class Subcommand:
    """One subcommand: what it is called, what it does, its arguments."""

    name: str
    help: str
    run: Callable[[Arguments], object | Coroutine[Any, Any, object]]
    add_arguments: Callable[[argparse.ArgumentParser], object] = lambda _parser: None


def run_command_line(
    program: str, description: str, subcommands: Sequence[Subcommand], argv: Sequence[str] | None = None
) -> None:
    """Parse the arguments and run one subcommand.

    Wrong settings end with a sentence for each and exit code 78; a server that cannot be reached, with one and 69.
    """
    parser = argparse.ArgumentParser(prog=program, description=description)
    choices = parser.add_subparsers(required=True, metavar="command")
    for subcommand in subcommands:
        added = choices.add_parser(subcommand.name, help=subcommand.help, description=subcommand.help)
        subcommand.add_arguments(added)
        added.set_defaults(run=subcommand.run)
    arguments = parser.parse_args(argv)
    try:
        outcome = arguments.run(arguments)
        if asyncio.iscoroutine(outcome):
            asyncio.run(outcome)
    except WrongSettings as wrong:
        for sentence in wrong.sentences:
            sys.stderr.write(f"{program}: {sentence}\n")
        sys.exit(CONFIGURATION_ERROR)
    except OSError as error:
        sys.stderr.write(f"{program}: {error}\n")
        sys.exit(UNAVAILABLE)


def _migration_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-topics", action="store_true", help="leave Kafka alone: somebody else makes the topics")


@dataclass(frozen=True, slots=True)
class ServiceCommands[Settings: ServiceSettings, Service]:
    """The subcommands that every service has, made from its name, its package, its settings and its `bootstrap`."""

    name: str
    package: ModuleType
    settings_class: type[Settings]
    bootstrap: Callable[[Settings], Service]

    def settings(self, *, logs_to: TextIO | None = None) -> Settings:
        """The settings as the environment has them; from here on the process logs and traces as they say.

        Logs go to standard error unless `logs_to` is given: a command's standard output is its answer. Raises
        `WrongSettings`.
        """
        try:
            settings = self.settings_class()  # pyright: ignore[reportCallIssue] - the environment gives the values
        except (ValidationError, SettingsError) as error:
            raise WrongSettings(self.settings_class.model_config.get("env_prefix", ""), error) from error
        configure_logs(self.name, settings.log_level, logs_to or sys.stderr)
        configure_tracing(self.name, settings.otlp_endpoint, settings.trace_sample_ratio)
        return settings

    def wired(self) -> Service:
        """The service, wired with these settings."""
        return self.bootstrap(self.settings())

    def serve(self, what: str, app: Callable[[Service], FastAPI]) -> Subcommand:
        """`serve`: answer HTTP until a signal. `what` is the help, here and below."""

        def run(_arguments: Arguments) -> None:
            settings = self.settings(logs_to=sys.stdout)
            address = process.Address(settings.http_host, settings.http_port, settings.shutdown_grace)
            process.serve(app(self.bootstrap(settings)), address)

        return Subcommand("serve", what, run)

    def work(self, what: str, run_worker: Callable[[Service], None]) -> Subcommand:
        """`work`: what the service does by itself, until a signal."""

        def run(_arguments: Arguments) -> None:
            run_worker(self.bootstrap(self.settings(logs_to=sys.stdout)))

        return Subcommand("work", what, run)

    def command(
        self,
        name: str,
        what: str,
        run: Callable[[Service, Arguments], Awaitable[int]],
        *,
        resources: Callable[[Service], AbstractAsyncContextManager[None]],
        add_arguments: Callable[[argparse.ArgumentParser], object] = lambda _parser: None,
    ) -> Subcommand:
        """A subcommand of the service's own, run while its resources are open; `run` answers with the exit code."""

        async def within(arguments: Arguments) -> None:
            service = self.wired()
            async with resources(service):
                code = await run(service, arguments)
            sys.exit(code)

        return Subcommand(name, what, within, add_arguments)

    def migrate(
        self, what: str, make_topics: Preparation[Settings], *, prepare: Preparation[Settings] | None = None
    ) -> Subcommand:
        """`migrate`: the schema, who may use it, `prepare`, then the topics unless `--no-topics` is given."""

        async def after_schema(settings: Settings, arguments: Arguments) -> None:
            if prepare:
                await prepare(settings)
            if not arguments.no_topics:
                await make_topics(settings)

        def run(arguments: Arguments) -> None:
            # Alembic is a tenth of what a process imports, and no other command needs it.
            from parking_chassis.migrations import hand_over, migrate, migrations_folder  # noqa: PLC0415

            settings = self.settings()
            folder = migrations_folder(Path(self.package.__path__[0]))
            if settings.database_migration_url:
                hand_over(str(settings.database_migration_url), settings.running_roles, folder)
            else:
                migrate(str(settings.database_url), folder)
            asyncio.run(after_schema(settings, arguments))

        return Subcommand("migrate", what, run, _migration_arguments)

    def openapi(self, app: Callable[[Service], FastAPI]) -> Subcommand:
        """`openapi`: print the document."""
        return Subcommand(
            "openapi",
            "print the OpenAPI document",
            lambda _arguments: json.dump(app(self.wired()).openapi(), sys.stdout, indent=2),
        )
