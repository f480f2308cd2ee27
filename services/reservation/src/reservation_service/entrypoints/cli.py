"""`reservation-service`: serve, work, migrate, replay, rotate-signing-key, openapi."""

import argparse
import sys
from functools import partial

import reservation_service
from parking_chassis.cli import Arguments, ServiceCommands, run_command_line
from parking_messaging.replay import add_replay_arguments
from reservation_service.bootstrap import (
    ROTATION_STEPS,
    SERVICE,
    NothingToDo,
    Reservation,
    bootstrap,
    resources,
    rotated,
)
from reservation_service.entrypoints.consumers import GROUPS, messaging
from reservation_service.entrypoints.http.app import reservation_app
from reservation_service.entrypoints.worker import run_worker
from reservation_service.settings import ReservationSettings

COMMANDS = ServiceCommands(SERVICE, reservation_service, ReservationSettings, bootstrap)


async def _make_partitions(settings: ReservationSettings) -> None:
    service = bootstrap(settings)
    async with resources(service):
        await service.partitions.make()


async def _make_topics(settings: ReservationSettings) -> None:
    await messaging(bootstrap(settings)).make_topics()


async def _replay(service: Reservation, arguments: Arguments) -> int:
    return await messaging(service).replay(arguments)


async def _rotate_signing_key(service: Reservation, arguments: Arguments) -> int:
    """Prints the settings that come next: nothing is changed here."""
    try:
        signing_key, charge_key = rotated(service.settings.signing_key.get_secret_value(), arguments.step)
    except NothingToDo as error:
        sys.stderr.write(f"reservation-service: {error}\n")
        return 1
    sys.stdout.write(f"RESERVATION_SIGNING_KEY={signing_key}\nPAYMENT_CHARGE_KEY={charge_key}\n")
    return 0


def _rotation_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("step", choices=ROTATION_STEPS)
    parser.epilog = "What is printed is secret: docs/runbooks/rotating-keys.md says where it goes."


def main() -> None:
    """The console script."""
    run_command_line(
        "reservation-service",
        "Which spot is whose, and when.",
        [
            COMMANDS.serve("answer HTTP", reservation_app),
            COMMANDS.work("expire holds, consume events, publish events", run_worker),
            COMMANDS.migrate(
                "make what this version needs: schema, partitions, topics", _make_topics, prepare=_make_partitions
            ),
            COMMANDS.command(
                "replay",
                "apply dead letters again, in order",
                _replay,
                resources=resources,
                add_arguments=partial(add_replay_arguments, groups=GROUPS),
            ),
            COMMANDS.command(
                "rotate-signing-key",
                "print the settings of the next step of a rotation",
                _rotate_signing_key,
                resources=resources,
                add_arguments=_rotation_arguments,
            ),
            COMMANDS.openapi(reservation_app),
        ],
    )
