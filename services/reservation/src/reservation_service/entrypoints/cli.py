"""`reservation-service`: serve, work, migrate, replay, openapi."""

import argparse
import asyncio
import json
import sys
from pathlib import Path

import reservation_service
from parking_chassis.cli import Arguments, Subcommand, run_command_line
from parking_chassis.logs import configure_logs
from parking_chassis.migrations import migrate, migrations_folder
from parking_chassis.process import Address, serve
from parking_chassis.telemetry import configure_tracing
from parking_messaging.replay import add_replay_arguments, run_replay
from reservation_service.bootstrap import REPLAYABLE, SERVICE, bootstrap, make_topics, replayers, resources
from reservation_service.entrypoints.http.app import reservation_app
from reservation_service.entrypoints.worker import run_worker
from reservation_service.settings import ReservationSettings


def _settings() -> ReservationSettings:
    settings = ReservationSettings()  # pyright: ignore[reportCallIssue] - the environment gives the values
    configure_logs(SERVICE, settings.log_level)
    configure_tracing(SERVICE, settings.otlp_endpoint, settings.trace_sample_ratio)
    return settings


def _serve(_arguments: Arguments) -> None:
    settings = _settings()
    app = reservation_app(bootstrap(settings))
    serve(app, Address(settings.http_host, settings.http_port, settings.shutdown_grace))


def _work(_arguments: Arguments) -> None:
    run_worker(bootstrap(_settings()))


def _migrate(arguments: Arguments) -> None:
    settings = _settings()
    migrate(str(settings.database_url), migrations_folder(Path(reservation_service.__path__[0])))
    if not arguments.no_topics:
        asyncio.run(make_topics(settings))


def _migration_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-topics", action="store_true", help="leave Kafka alone: somebody else makes the topics")


def _replay_arguments(parser: argparse.ArgumentParser) -> None:
    add_replay_arguments(parser, REPLAYABLE)


async def _replay(arguments: Arguments) -> None:
    service = bootstrap(_settings())
    async with resources(service):
        code = await run_replay(arguments, replayers(service))
    sys.exit(code)


def _openapi(_arguments: Arguments) -> None:
    json.dump(reservation_app(bootstrap(_settings())).openapi(), sys.stdout, indent=2)


def main() -> None:
    """The console script."""
    run_command_line(
        "reservation-service",
        "Which spot is whose, and when.",
        [
            Subcommand("serve", "answer HTTP", _serve),
            Subcommand("work", "let holds go, take events in, publish events", _work),
            Subcommand("migrate", "make what this version needs: schema, topics", _migrate, _migration_arguments),
            Subcommand("replay", "apply dead letters again, in order", _replay, _replay_arguments),
            Subcommand("openapi", "print the OpenAPI document", _openapi),
        ],
    )
