"""`analytics-service`: serve, work, migrate, rebuild, replay, openapi."""

import argparse
import asyncio
import json
import logging
import sys
from pathlib import Path

import analytics_service
from analytics_service.application.commands.rebuild_projection import RebuildProjection
from analytics_service.application.ports import HistoryAway, Projection, StoreAway
from analytics_service.bootstrap import GROUPS, SERVICE, bootstrap, make_topics, replayers, resources
from analytics_service.domain.errors import AnalyticsError
from analytics_service.entrypoints.http.app import analytics_app
from analytics_service.entrypoints.worker import run_worker
from analytics_service.settings import AnalyticsSettings
from parking_chassis.cli import Arguments, Subcommand, run_command_line
from parking_chassis.logs import configure_logs
from parking_chassis.migrations import migrate, migrations_folder
from parking_chassis.process import Address, serve
from parking_chassis.telemetry import configure_tracing
from parking_messaging.replay import add_replay_arguments, run_replay


def _settings() -> AnalyticsSettings:
    settings = AnalyticsSettings()  # pyright: ignore[reportCallIssue] - the environment gives the values
    configure_logs(SERVICE, settings.log_level)
    # It writes a line for each request, several a second.
    logging.getLogger("elastic_transport").setLevel(logging.WARNING)
    configure_tracing(SERVICE, settings.otlp_endpoint, settings.trace_sample_ratio)
    return settings


def _serve(_arguments: Arguments) -> None:
    settings = _settings()
    app = analytics_app(bootstrap(settings))
    serve(app, Address(settings.http_host, settings.http_port, settings.shutdown_grace))


def _work(_arguments: Arguments) -> None:
    run_worker(bootstrap(_settings()))


def _migrate(arguments: Arguments) -> None:
    settings = _settings()
    migrate(str(settings.database_url), migrations_folder(Path(analytics_service.__path__[0])))
    if not arguments.no_topics:
        asyncio.run(make_topics(settings))


async def _rebuild(arguments: Arguments) -> None:
    analytics = bootstrap(_settings())
    async with resources(analytics):
        for projection in arguments.projection or Projection:
            try:
                rebuilt = await analytics.use_cases.rebuild_projection(RebuildProjection(projection, arguments.abandon))
            except (AnalyticsError, StoreAway, HistoryAway) as error:
                sys.exit(f"analytics-service: {projection.value} is not rebuilt: {error}")
            for reason in rebuilt.left_out:
                sys.stderr.write(f"analytics-service: left out: {reason}\n")
            sys.stdout.write(f"{projection.value}: {rebuilt.read} documents, {len(rebuilt.left_out)} left out\n")


async def _replay(arguments: Arguments) -> None:
    analytics = bootstrap(_settings())
    async with resources(analytics):
        code = await run_replay(arguments, replayers(analytics))
    if code:
        sys.exit(code)


def _openapi(_arguments: Arguments) -> None:
    json.dump(analytics_app(bootstrap(_settings())).openapi(), sys.stdout, indent=2)


def _projection(text: str) -> Projection:
    try:
        return Projection(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(Projection)}") from error


def _migration_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-topics", action="store_true", help="leave Kafka alone: somebody else makes the topics")


def _rebuild_arguments(parser: argparse.ArgumentParser) -> None:
    which = f"one or more of {', '.join(Projection)}; all where none is named"
    parser.add_argument("projection", nargs="*", type=_projection, help=which)
    parser.add_argument("--abandon", action="store_true", help="give up an earlier rebuild that did not end")


def _replay_arguments(parser: argparse.ArgumentParser) -> None:
    add_replay_arguments(parser, GROUPS)


def main() -> None:
    """The console script."""
    run_command_line(
        "analytics-service",
        "What the lots did, and what they earned.",
        [
            Subcommand("serve", "answer HTTP", _serve),
            Subcommand("work", "take events in, look after the indices", _work),
            Subcommand("migrate", "make what this version needs: schema, topics", _migrate, _migration_arguments),
            Subcommand("rebuild", "build read models anew from Kafka", _rebuild, _rebuild_arguments),
            Subcommand("replay", "apply dead letters again", _replay, _replay_arguments),
            Subcommand("openapi", "print the OpenAPI document", _openapi),
        ],
    )
