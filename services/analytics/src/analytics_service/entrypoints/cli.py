"""`analytics-service`: serve, work, migrate, rebuild, openapi."""

import argparse
import asyncio
import json
import sys
from pathlib import Path

import analytics_service
from analytics_service.application.commands.prepare_indices import PrepareIndices
from analytics_service.application.commands.rebuild_projection import RebuildProjection
from analytics_service.application.ports import Projection
from analytics_service.bootstrap import SERVICE, bootstrap, make_topics, resources
from analytics_service.domain.errors import AnalyticsError
from analytics_service.entrypoints.http.app import analytics_app
from analytics_service.entrypoints.worker import run_worker
from analytics_service.settings import AnalyticsSettings
from parking_chassis.cli import Arguments, Subcommand, run_command_line
from parking_chassis.logs import configure_logs
from parking_chassis.migrations import migrate, migrations_folder
from parking_chassis.process import Address, serve
from parking_chassis.telemetry import configure_tracing


def _settings() -> AnalyticsSettings:
    settings = AnalyticsSettings()  # pyright: ignore[reportCallIssue] - the environment gives the values
    configure_logs(SERVICE, settings.log_level)
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
    asyncio.run(_prepare(settings, with_topics=not arguments.no_topics))


async def _prepare(settings: AnalyticsSettings, *, with_topics: bool) -> None:
    """What must be there before the first event, beside the schema: the indices, and the topics."""
    analytics = bootstrap(settings)
    async with resources(analytics):
        await analytics.use_cases.prepare_indices(PrepareIndices())
    if with_topics:
        await make_topics(settings)


async def _rebuild(arguments: Arguments) -> None:
    analytics = bootstrap(_settings())
    async with resources(analytics):
        for name in arguments.projection or list(Projection):
            try:
                read = await analytics.use_cases.rebuild_projection(
                    RebuildProjection(Projection(name), arguments.abandon)
                )
            except AnalyticsError as error:
                sys.exit(f"analytics-service: {error}")
            sys.stdout.write(f"{name}: {read} events\n")


def _openapi(_arguments: Arguments) -> None:
    json.dump(analytics_app(bootstrap(_settings())).openapi(), sys.stdout, indent=2)


def _migration_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-topics", action="store_true", help="leave Kafka alone: somebody else makes the topics")


def _rebuild_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("projection", nargs="*", choices=[*Projection, []], help="which; all where none is named")
    parser.add_argument("--abandon", action="store_true", help="give up an earlier rebuild that did not end")


def main() -> None:
    """The console script."""
    run_command_line(
        "analytics-service",
        "What the lots did, and what they earned.",
        [
            Subcommand("serve", "answer HTTP", _serve),
            Subcommand("work", "take events in", _work),
            Subcommand(
                "migrate", "make what this version needs: schema, indices, topics", _migrate, _migration_arguments
            ),
            Subcommand("rebuild", "build read models anew from Kafka", _rebuild, _rebuild_arguments),
            Subcommand("openapi", "print the OpenAPI document", _openapi),
        ],
    )
