"""`payment-service`: serve, work, migrate, compare, parked, replay, openapi."""

import argparse
import sys
from datetime import timedelta
from functools import partial
from uuid import UUID

import payment_service
from parking_chassis.cli import Arguments, ServiceCommands, run_command_line
from parking_kernel.askers import THE_SERVICE
from parking_messaging.replay import add_replay_arguments
from payment_service.application.commands.close_parked import CloseParked
from payment_service.application.commands.compare_with_provider import CompareWithProvider
from payment_service.application.ports import OutcomeUnknown
from payment_service.bootstrap import SERVICE, Payments, bootstrap, resources
from payment_service.domain.errors import UnknownPayment
from payment_service.entrypoints.consumers import GROUPS, messaging
from payment_service.entrypoints.http.app import payment_app
from payment_service.entrypoints.worker import run_worker
from payment_service.settings import PaymentSettings

COMMANDS = ServiceCommands(SERVICE, payment_service, PaymentSettings, bootstrap)


async def _compare(service: Payments, arguments: Arguments) -> int:
    try:
        command = CompareWithProvider(timedelta(days=arguments.days))
        differences = await service.use_cases.compare_with_provider(command)
    except OutcomeUnknown as error:
        raise ConnectionError(f"the provider does not answer: {error}") from error
    sys.stdout.write(f"{differences} differences\n")
    return 1 if differences else 0


def _how_far_back(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--days", type=float, default=2.0, help="how far back")


async def list_parked(service: Payments, arguments: Arguments) -> int:
    """Close one payment's where it is named, and list what is open of all; 1 if any is."""
    if arguments.close:
        try:
            await service.use_cases.close_parked(CloseParked(arguments.close))
        except UnknownPayment as error:
            sys.stderr.write(f"{error}\n")
            return 1
    async with service.open_work(THE_SERVICE) as work:
        parked = await work.payments.with_open_reports()
    for payment in parked:
        for report in payment.parked:
            if report.is_open:
                said = f"{report.object_id} of {report.said}, the charge {payment.charge.amount}"
                sys.stdout.write(f"{payment.id}: {said}, since {report.parked_at:%Y-%m-%d %H:%M}\n")
    if not parked:
        sys.stdout.write("none\n")
    return 1 if parked else 0


def _what_is_settled(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--close", type=UUID, metavar="PAYMENT", help="the payment whose money is settled")


async def _replay(service: Payments, arguments: Arguments) -> int:
    return await messaging(service).replay(arguments)


async def _make_topics(settings: PaymentSettings) -> None:
    service = bootstrap(settings)
    async with resources(service):
        await messaging(service).make_topics()


def main() -> None:
    """The console script."""
    own = partial(COMMANDS.command, resources=resources)
    replay_arguments = partial(add_replay_arguments, groups=GROUPS)
    run_command_line(
        "payment-service",
        "What was charged, captured and given back.",
        [
            COMMANDS.serve("answer HTTP", payment_app),
            COMMANDS.work("ask the provider, send refunds, consume events, publish events", run_worker),
            COMMANDS.migrate("make what this version needs: schema, topics", _make_topics),
            own("compare", "compare with the provider; 1 if they differ", _compare, add_arguments=_how_far_back),
            own(
                "parked",
                "what the provider said of other amounts; 1 if any",
                list_parked,
                add_arguments=_what_is_settled,
            ),
            own("replay", "apply dead letters again", _replay, add_arguments=replay_arguments),
            COMMANDS.openapi(payment_app),
        ],
    )
