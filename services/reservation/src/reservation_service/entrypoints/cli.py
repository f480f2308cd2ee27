"""`reservation-service`: serve, work, migrate, unsettled-stays, operator-cancellation, replay and others."""

import argparse
import sys
from datetime import UTC
from functools import partial
from uuid import UUID

import reservation_service
from parking_chassis.cli import Arguments, ServiceCommands, run_command_line
from parking_kernel.askers import THE_SERVICE
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


async def list_unsettled_stays(service: Reservation, arguments: Arguments) -> int:
    """Close the stay of a reservation that is named, and list what is not settled; 1 if there is any."""
    async with service.open_work(THE_SERVICE) as work:
        if arguments.close and not await work.unsettled_stays.close(arguments.close):
            sys.stderr.write(f"reservation-service: no unsettled stay of reservation {arguments.close}\n")
            return 1
        stays = await work.unsettled_stays.all(arguments.limit)
    for stay in stays:
        ends = " to ".join(f"{at:%Y-%m-%d %H:%M}" if at else "?" for at in (stay.entered_at, stay.exited_at))
        sys.stdout.write(f"{stay.reservation_id} in lot {stay.parking_lot_id}: {ends}\n")
    if not stays:
        sys.stdout.write("none\n")
    return 1 if stays else 0


def _what_is_settled(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--close", type=UUID, metavar="RESERVATION", help="the reservation whose stay is settled")
    parser.add_argument("--limit", type=int, default=100, help="how many are listed (default 100)")


async def show_operator_cancellation(service: Reservation, arguments: Arguments) -> int:
    """Who cancelled a reservation for the operator, when, what goes back and why; 1 if no operator did."""
    async with service.open_work(THE_SERVICE) as work:
        said = await work.operator_cancellations.of(arguments.reservation)
    if said is None:
        sys.stderr.write(f"reservation-service: no operator cancelled reservation {arguments.reservation}\n")
        return 1
    at = f"{said.cancelled_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    sys.stdout.write(f"{at} by user {said.cancelled_by}, refund {said.refund.value}: {said.reason}\n")
    return 0


def _which_reservation(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("reservation", type=UUID, help="the id of the reservation that was cancelled")


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
                "unsettled-stays",
                "list stays at reservations that were cancelled meanwhile; they are the operator's to settle",
                list_unsettled_stays,
                resources=resources,
                add_arguments=_what_is_settled,
            ),
            COMMANDS.command(
                "operator-cancellation",
                "show who cancelled a reservation for the operator, when, with which reason and refund",
                show_operator_cancellation,
                resources=resources,
                add_arguments=_which_reservation,
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
