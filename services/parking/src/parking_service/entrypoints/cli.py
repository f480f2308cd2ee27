"""`parking-service`: serve, work, migrate, openapi."""

import parking_service
from parking_chassis.cli import ServiceCommands, run_command_line
from parking_service.bootstrap import SERVICE, bootstrap, make_topics
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
            COMMANDS.migrate("make what this version needs: schema, topics", make_topics),
            COMMANDS.openapi(parking_app),
        ],
    )
