"""`payment-service`: serve, work, migrate, compare, replay, openapi."""

import argparse
import asyncio
import json
import sys
from datetime import timedelta
from pathlib import Path

import payment_service
from parking_chassis.cli import Arguments, Subcommand, run_command_line
from parking_chassis.logs import configure_logs
from parking_chassis.migrations import migrate, migrations_folder
from parking_chassis.process import Address, serve
from parking_chassis.telemetry import configure_tracing
from parking_messaging.replay import add_replay_arguments, run_replay
from payment_service.application.commands.compare_with_provider import CompareWithProvider
from payment_service.application.ports import OutcomeUnknown
from payment_service.bootstrap import GROUPS, SERVICE, bootstrap, make_topics, replayers, resources
from payment_service.entrypoints.http.app import payment_app
from payment_service.entrypoints.worker import run_worker
from payment_service.settings import PaymentSettings


def _settings() -> PaymentSettings:
    settings = PaymentSettings()  # pyright: ignore[reportCallIssue] - the environment gives the values
    configure_logs(SERVICE, settings.log_level)
    configure_tracing(SERVICE, settings.otlp_endpoint, settings.trace_sample_ratio)
    return settings


def _serve(_arguments: Arguments) -> None:
    settings = _settings()
    app = payment_app(bootstrap(settings))
    serve(app, Address(settings.http_host, settings.http_port, settings.shutdown_grace))


def _work(_arguments: Arguments) -> None:
    run_worker(bootstrap(_settings()))


def _migrate(arguments: Arguments) -> None:
    settings = _settings()
    migrate(str(settings.database_url), migrations_folder(Path(payment_service.__path__[0])))
    if not arguments.no_topics:
        asyncio.run(make_topics(settings))


async def _compare(arguments: Arguments) -> None:
    service = bootstrap(_settings())
    try:
        async with resources(service):
            command = CompareWithProvider(timedelta(days=arguments.days))
            differences = await service.use_cases.compare_with_provider(command)
    except OutcomeUnknown as error:
        raise ConnectionError(f"the provider does not answer: {error}") from error
    sys.stdout.write(f"{differences} differences\n")
    sys.exit(1 if differences else 0)


async def _replay(arguments: Arguments) -> None:
    service = bootstrap(_settings())
    async with resources(service):
        code = await run_replay(arguments, replayers(service))
    sys.exit(code)


def _openapi(_arguments: Arguments) -> None:
    json.dump(payment_app(bootstrap(_settings())).openapi(), sys.stdout, indent=2)


def _migration_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-topics", action="store_true", help="leave Kafka alone: somebody else makes the topics")


def _comparison_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--days", type=float, default=2.0, help="how far back")


def main() -> None:
    """The console script."""
    run_command_line(
        "payment-service",
        "What was charged, captured and given back.",
        [
            Subcommand("serve", "answer HTTP", _serve),
            Subcommand("work", "ask the provider, send refunds, take events in, publish events", _work),
            Subcommand("migrate", "make what this version needs: schema, topics", _migrate, _migration_arguments),
            Subcommand("compare", "compare with the provider; 1 if they differ", _compare, _comparison_arguments),
            Subcommand(
                "replay", "apply dead letters again", _replay, lambda parser: add_replay_arguments(parser, GROUPS)
            ),
            Subcommand("openapi", "print the OpenAPI document", _openapi),
        ],
    )
