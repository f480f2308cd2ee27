"""`notification-service`: serve, work, migrate, replay, openapi."""

import argparse
import asyncio
import json
import logging
import sys
from pathlib import Path

import notification_service
from notification_service.bootstrap import GROUPS, SERVICE, bootstrap, make_topics, replayers, resources
from notification_service.entrypoints.http.app import notification_app
from notification_service.entrypoints.worker import run_worker
from notification_service.settings import NotificationSettings
from parking_chassis.cli import Arguments, Subcommand, run_command_line
from parking_chassis.logs import configure_logs
from parking_chassis.migrations import migrate, migrations_folder
from parking_chassis.process import Address, serve
from parking_chassis.telemetry import configure_tracing
from parking_messaging.replay import add_replay_arguments, run_replay


def _settings() -> NotificationSettings:
    settings = NotificationSettings()  # pyright: ignore[reportCallIssue] - the environment gives the values
    configure_logs(SERVICE, settings.log_level)
    configure_tracing(SERVICE, settings.otlp_endpoint, settings.trace_sample_ratio)
    return settings


def _serve(_arguments: Arguments) -> None:
    settings = _settings()
    app = notification_app(bootstrap(settings))
    logging.getLogger("uvicorn.error").addFilter(_names_nobody)
    serve(app, Address(settings.http_host, settings.http_port, settings.shutdown_grace))


def _names_nobody(record: logging.LogRecord) -> bool:
    """Leaves out uvicorn's line for each WebSocket, which has the peer's address, and the query with its ticket."""
    return '"WebSocket %s"' not in str(record.msg)


def _work(_arguments: Arguments) -> None:
    run_worker(bootstrap(_settings()))


def _migrate(arguments: Arguments) -> None:
    settings = _settings()
    migrate(str(settings.database_url), migrations_folder(Path(notification_service.__path__[0])))
    if not arguments.no_topics:
        asyncio.run(make_topics(settings))


def _migration_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-topics", action="store_true", help="leave Kafka alone: somebody else makes the topics")


async def _replay(arguments: Arguments) -> None:
    service = bootstrap(_settings())
    async with resources(service):
        code = await run_replay(arguments, replayers(service))
    if code:
        sys.exit(code)


def _replay_arguments(parser: argparse.ArgumentParser) -> None:
    add_replay_arguments(parser, GROUPS)


def _openapi(_arguments: Arguments) -> None:
    json.dump(notification_app(bootstrap(_settings())).openapi(), sys.stdout, indent=2)


def main() -> None:
    """The console script."""
    run_command_line(
        "notification-service",
        "Who is told what, and how.",
        [
            Subcommand("serve", "answer HTTP and WebSockets", _serve),
            Subcommand("work", "take events in, send mails, publish events", _work),
            Subcommand("migrate", "make what this version needs: schema, topics", _migrate, _migration_arguments),
            Subcommand("replay", "apply dead letters again", _replay, _replay_arguments),
            Subcommand("openapi", "print the OpenAPI document", _openapi),
        ],
    )
