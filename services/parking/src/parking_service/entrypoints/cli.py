"""`parking-service`: serve, work, migrate, replay, openapi."""

from functools import partial

import parking_service
from parking_chassis.cli import ServiceCommands, run_command_line
from parking_messaging import add_replay_arguments
from parking_service.bootstrap import SERVICE, bootstrap, resources
from parking_service.entrypoints.consumers import GROUPS, messaging
from parking_service.entrypoints.http.app import parking_app
from parking_service.entrypoints.worker import run_worker
from parking_service.settings import ParkingSettings

COMMANDS = ServiceCommands(SERVICE, parking_service, ParkingSettings, bootstrap)


def main() -> None:
    """The console script."""
    run_command_line(
        "parking-service",
        "Which lots and spots there are, what they cost, and what their sensors saw.",
        [
            COMMANDS.serve("answer HTTP", parking_app),
            COMMANDS.work("publish events, keep organizations, work on imports", run_worker),
            COMMANDS.migrate(
                "make what this version needs: schema, topics",
                lambda settings: messaging(bootstrap(settings)).make_topics(),
            ),
            COMMANDS.command(
                "replay",
                "apply dead letters again, in order",
                lambda parking, arguments: messaging(parking).replay(arguments),
                resources=resources,
                add_arguments=partial(add_replay_arguments, groups=GROUPS),
            ),
            COMMANDS.openapi(parking_app),
        ],
    )
