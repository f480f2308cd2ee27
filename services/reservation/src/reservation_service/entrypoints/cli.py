"""`reservation-service`: serve, work, migrate, replay, openapi."""

import sys
from functools import partial

import reservation_service
from parking_chassis.cli import Arguments, ServiceCommands, Subcommand, run_command_line
from parking_messaging.replay import add_replay_arguments, run_replay
from reservation_service.bootstrap import GROUPS, SERVICE, bootstrap, make_partitions, make_topics, replayers, resources
from reservation_service.entrypoints.http.app import reservation_app
from reservation_service.entrypoints.worker import run_worker
from reservation_service.settings import ReservationSettings

COMMANDS = ServiceCommands(SERVICE, reservation_service, ReservationSettings, bootstrap)


async def _replay(arguments: Arguments) -> None:
    service = COMMANDS.wired()
    async with resources(service):
        sys.exit(await run_replay(arguments, replayers(service)))


def main() -> None:
    """The console script."""
    run_command_line(
        "reservation-service",
        "Which spot is whose, and when.",
        [
            COMMANDS.serve("answer HTTP", reservation_app),
            COMMANDS.work("let holds go, take events in, publish events", run_worker),
            COMMANDS.migrate(
                "make what this version needs: schema, partitions, topics", make_topics, prepare=make_partitions
            ),
            Subcommand(
                "replay", "apply dead letters again, in order", _replay, partial(add_replay_arguments, groups=GROUPS)
            ),
            COMMANDS.openapi(reservation_app),
        ],
    )
