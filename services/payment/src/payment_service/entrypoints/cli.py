"""`payment-service`: serve, work, migrate, compare, replay, openapi."""

import argparse
import sys
from datetime import timedelta
from functools import partial

import payment_service
from parking_chassis.cli import Arguments, ServiceCommands, Subcommand, run_command_line
from parking_messaging.replay import add_replay_arguments, run_replay
from payment_service.application.commands.compare_with_provider import CompareWithProvider
from payment_service.application.ports import OutcomeUnknown
from payment_service.bootstrap import GROUPS, SERVICE, bootstrap, make_topics, replayers, resources
from payment_service.entrypoints.http.app import payment_app
from payment_service.entrypoints.worker import run_worker
from payment_service.settings import PaymentSettings

COMMANDS = ServiceCommands(SERVICE, payment_service, PaymentSettings, bootstrap)


async def _compare(arguments: Arguments) -> None:
    service = COMMANDS.wired()
    try:
        async with resources(service):
            command = CompareWithProvider(timedelta(days=arguments.days))
            differences = await service.use_cases.compare_with_provider(command)
    except OutcomeUnknown as error:
        raise ConnectionError(f"the provider does not answer: {error}") from error
    sys.stdout.write(f"{differences} differences\n")
    sys.exit(1 if differences else 0)


def _comparison_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--days", type=float, default=2.0, help="how far back")


async def _replay(arguments: Arguments) -> None:
    service = COMMANDS.wired()
    async with resources(service):
        sys.exit(await run_replay(arguments, replayers(service)))


def main() -> None:
    """The console script."""
    run_command_line(
        "payment-service",
        "What was charged, captured and given back.",
        [
            COMMANDS.serve("answer HTTP", payment_app),
            COMMANDS.work("ask the provider, send refunds, take events in, publish events", run_worker),
            COMMANDS.migrate("make what this version needs: schema, topics", make_topics),
            Subcommand("compare", "compare with the provider; 1 if they differ", _compare, _comparison_arguments),
            Subcommand("replay", "apply dead letters again", _replay, partial(add_replay_arguments, groups=GROUPS)),
            COMMANDS.openapi(payment_app),
        ],
    )
