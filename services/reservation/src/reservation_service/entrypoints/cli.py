"""`reservation-service`: serve, work, migrate, replay, openapi."""

from functools import partial

import reservation_service
from parking_chassis.cli import Arguments, ServiceCommands, run_command_line
from parking_messaging.replay import add_replay_arguments
from reservation_service.bootstrap import SERVICE, Reservation, bootstrap, resources
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
            COMMANDS.openapi(reservation_app),
        ],
    )
