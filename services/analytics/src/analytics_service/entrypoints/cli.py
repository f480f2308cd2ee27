"""`analytics-service`: serve, work, migrate, rebuild, replay, openapi."""

import argparse
import logging
import sys
from functools import partial

import analytics_service
from analytics_service.application.commands.rebuild_projection import RebuildProjection
from analytics_service.application.ports import HistoryAway, Projection, StoreAway
from analytics_service.bootstrap import SERVICE, Analytics, bootstrap, resources
from analytics_service.domain.errors import AnalyticsError
from analytics_service.entrypoints.consumers import GROUPS, messaging
from analytics_service.entrypoints.http.app import analytics_app
from analytics_service.entrypoints.worker import run_worker
from analytics_service.settings import AnalyticsSettings
from parking_chassis.cli import Arguments, ServiceCommands, run_command_line
from parking_messaging.replay import add_replay_arguments

COMMANDS = ServiceCommands(SERVICE, analytics_service, AnalyticsSettings, bootstrap)


async def _rebuild(analytics: Analytics, arguments: Arguments) -> int:
    for projection in arguments.projection or Projection:
        try:
            rebuilt = await analytics.use_cases.rebuild_projection(RebuildProjection(projection, arguments.abandon))
        except (AnalyticsError, StoreAway, HistoryAway) as error:
            sys.stderr.write(f"analytics-service: {projection.value} is not rebuilt: {error}\n")
            return 1
        for reason in rebuilt.left_out:
            sys.stderr.write(f"analytics-service: left out: {reason}\n")
        sys.stdout.write(f"{projection.value}: {rebuilt.read} documents, {len(rebuilt.left_out)} left out\n")
    return 0


def _rebuild_arguments(parser: argparse.ArgumentParser) -> None:
    which = f"one or more of {', '.join(Projection)}; all where none is named"
    parser.add_argument("projection", nargs="*", type=_projection, help=which)
    parser.add_argument("--abandon", action="store_true", help="give up an earlier rebuild that did not end")


def _projection(text: str) -> Projection:
    try:
        return Projection(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(Projection)}") from error


async def make_topics(settings: AnalyticsSettings) -> None:
    """Make the topics that analytics owns. Raises `ConnectionError` with what is wrong."""
    analytics = bootstrap(settings)
    async with resources(analytics):
        await messaging(analytics).make_topics()


async def _replay(analytics: Analytics, arguments: Arguments) -> int:
    return await messaging(analytics).replay(arguments)


def main() -> None:
    """The console script."""
    # It writes a line for each request, several a second.
    logging.getLogger("elastic_transport").setLevel(logging.WARNING)
    run_command_line(
        "analytics-service",
        "What the lots did, and what they earned.",
        [
            COMMANDS.serve("answer HTTP", analytics_app),
            COMMANDS.work("consume events, reconcile the indices", run_worker),
            COMMANDS.migrate("make what this version needs: schema, topics", make_topics),
            COMMANDS.command(
                "rebuild",
                "build read models again from Kafka",
                _rebuild,
                resources=resources,
                add_arguments=_rebuild_arguments,
            ),
            COMMANDS.command(
                "replay",
                "apply dead letters again",
                _replay,
                resources=resources,
                add_arguments=partial(add_replay_arguments, groups=GROUPS),
            ),
            COMMANDS.openapi(analytics_app),
        ],
    )
