"""`analytics-service`: serve, work, migrate, rebuild, replay, openapi."""

import argparse
import logging
import sys
from functools import partial

import analytics_service
from analytics_service.application.commands.rebuild_projection import RebuildProjection
from analytics_service.application.ports import HistoryAway, Projection, StoreAway
from analytics_service.bootstrap import GROUPS, SERVICE, bootstrap, make_topics, replayers, resources
from analytics_service.domain.errors import AnalyticsError
from analytics_service.entrypoints.http.app import analytics_app
from analytics_service.entrypoints.worker import run_worker
from analytics_service.settings import AnalyticsSettings
from parking_chassis.cli import Arguments, ServiceCommands, Subcommand, run_command_line
from parking_messaging.replay import add_replay_arguments, run_replay

COMMANDS = ServiceCommands(SERVICE, analytics_service, AnalyticsSettings, bootstrap)


async def _rebuild(arguments: Arguments) -> None:
    analytics = COMMANDS.wired()
    async with resources(analytics):
        for projection in arguments.projection or Projection:
            try:
                rebuilt = await analytics.use_cases.rebuild_projection(RebuildProjection(projection, arguments.abandon))
            except (AnalyticsError, StoreAway, HistoryAway) as error:
                sys.exit(f"analytics-service: {projection.value} is not rebuilt: {error}")
            for reason in rebuilt.left_out:
                sys.stderr.write(f"analytics-service: left out: {reason}\n")
            sys.stdout.write(f"{projection.value}: {rebuilt.read} documents, {len(rebuilt.left_out)} left out\n")


def _rebuild_arguments(parser: argparse.ArgumentParser) -> None:
    which = f"one or more of {', '.join(Projection)}; all where none is named"
    parser.add_argument("projection", nargs="*", type=_projection, help=which)
    parser.add_argument("--abandon", action="store_true", help="give up an earlier rebuild that did not end")


def _projection(text: str) -> Projection:
    try:
        return Projection(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(Projection)}") from error


async def _replay(arguments: Arguments) -> None:
    analytics = COMMANDS.wired()
    async with resources(analytics):
        sys.exit(await run_replay(arguments, replayers(analytics)))


def main() -> None:
    """The console script."""
    # It writes a line for each request, several a second.
    logging.getLogger("elastic_transport").setLevel(logging.WARNING)
    run_command_line(
        "analytics-service",
        "What the lots did, and what they earned.",
        [
            COMMANDS.serve("answer HTTP", analytics_app),
            COMMANDS.work("take events in, look after the indices", run_worker),
            COMMANDS.migrate("make what this version needs: schema, topics", make_topics),
            Subcommand("rebuild", "build read models anew from Kafka", _rebuild, _rebuild_arguments),
            Subcommand("replay", "apply dead letters again", _replay, partial(add_replay_arguments, groups=GROUPS)),
            COMMANDS.openapi(analytics_app),
        ],
    )
