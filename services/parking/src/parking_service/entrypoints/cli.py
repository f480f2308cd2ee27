"""`parking-service`: serve, work, migrate, openapi."""

import argparse
import asyncio
import json
import sys
from pathlib import Path

import parking_service
from parking_chassis.cli import Arguments, Subcommand, run_command_line
from parking_chassis.logs import configure_logs
from parking_chassis.migrations import migrate, migrations_folder
from parking_chassis.process import Address, serve
from parking_chassis.telemetry import configure_tracing
from parking_service.bootstrap import bootstrap, make_topics, organizations_consumer, outbox_relay
from parking_service.entrypoints.http.app import parking_app
from parking_service.entrypoints.worker import run_worker
from parking_service.settings import ParkingSettings


def _settings() -> ParkingSettings:
    settings = ParkingSettings()  # pyright: ignore[reportCallIssue] - the environment gives the values
    configure_logs("parking", settings.log_level)
    configure_tracing("parking", settings.otlp_endpoint, settings.trace_sample_ratio)
    return settings


def _serve(_arguments: Arguments) -> None:
    settings = _settings()
    app = parking_app(bootstrap(settings))
    serve(app, Address(settings.http_host, settings.http_port, settings.shutdown_grace))


def _work(_arguments: Arguments) -> None:
    settings = _settings()
    parking = bootstrap(settings)
    run_worker(parking, outbox_relay(settings), organizations_consumer(settings, parking), settings)


def _migrate(arguments: Arguments) -> None:
    settings = _settings()
    migrate(str(settings.database_url), migrations_folder(Path(parking_service.__path__[0])))
    if not arguments.no_topics:
        asyncio.run(make_topics(settings))


def _openapi(_arguments: Arguments) -> None:
    json.dump(parking_app(bootstrap(_settings())).openapi(), sys.stdout, indent=2)


def _migration_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-topics", action="store_true", help="leave Kafka alone: somebody else makes the topics")


def main() -> None:
    """The console script."""
    run_command_line(
        "parking-service",
        "Which lots and spots there are, what they cost, and what their sensors saw.",
        [
            Subcommand("serve", "answer HTTP", _serve),
            Subcommand("work", "publish events, keep organizations, work on imports", _work),
            Subcommand("migrate", "make what this version needs: schema, topics", _migrate, _migration_arguments),
            Subcommand("openapi", "print the OpenAPI document", _openapi),
        ],
    )
