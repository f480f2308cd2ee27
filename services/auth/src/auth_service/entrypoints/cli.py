"""`auth-service`: serve, work, migrate, replay, create-account, rotate-keys, reseal-keys, openapi."""

import argparse
import getpass
import os
import sys
from functools import partial

from email_validator import EmailNotValidError, validate_email

import auth_service
from auth_service.application.commands.create_account import CreateAccount
from auth_service.application.commands.reseal_signing_keys import ResealSigningKeys
from auth_service.application.commands.rotate_signing_keys import RotateSigningKeys
from auth_service.bootstrap import SERVICE, Auth, bootstrap, resources
from auth_service.domain.errors import AuthError
from auth_service.entrypoints.consumers import HANDLERS, messaging
from auth_service.entrypoints.http.app import auth_app
from auth_service.entrypoints.worker import run_worker
from auth_service.settings import AuthSettings
from parking_chassis.cli import Arguments, ServiceCommands, run_command_line
from parking_chassis.schemas import is_one_line
from parking_chassis.sealing import CannotOpen
from parking_kernel.concurrency import ChangedMeanwhile
from parking_messaging.replay import add_replay_arguments

PASSWORD_VARIABLE = "AUTH_ACCOUNT_PASSWORD"  # noqa: S105 - a variable's name

MAX_NAME_LENGTH = 200  # as in a registration

COMMANDS = ServiceCommands(SERVICE, auth_service, AuthSettings, bootstrap)
_command = partial(COMMANDS.command, resources=resources)


async def _make_signing_key(settings: AuthSettings) -> None:
    """The first one, without which no request can be answered; nothing where there is one that is not due."""
    auth = bootstrap(settings)
    async with resources(auth):
        await auth.use_cases.rotate_signing_keys(RotateSigningKeys())


async def _make_topics(settings: AuthSettings) -> None:
    await messaging(bootstrap(settings)).make_topics()


async def _rotate_keys(auth: Auth, _arguments: Arguments) -> int:
    await auth.use_cases.rotate_signing_keys(RotateSigningKeys(now=True))
    return 0


async def _reseal_keys(auth: Auth, _arguments: Arguments) -> int:
    try:
        resealed = await auth.use_cases.reseal_signing_keys(ResealSigningKeys())
    except CannotOpen:
        sys.stderr.write("auth-service: a signing key is sealed with a master key that AUTH_MASTER_KEY does not name\n")
        return 1
    sys.stdout.write(f"{resealed} signing keys are sealed with the first master key; the others can go\n")
    return 0


async def _replay(auth: Auth, arguments: Arguments) -> int:
    return await messaging(auth).replay(arguments)


async def _create_account(auth: Auth, arguments: Arguments) -> int:
    password = os.environ.get(PASSWORD_VARIABLE) or getpass.getpass("Password: ")
    command = CreateAccount(arguments.email, password, arguments.name or arguments.email, arguments.role)
    try:
        user = await auth.use_cases.create_account(command)
    except (AuthError, ChangedMeanwhile) as error:
        sys.stderr.write(f"auth-service: {error}\n")
        return 1
    sys.stdout.write(f"{user.id}\n")
    return 0


def _account_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--email", required=True, type=_email)
    parser.add_argument("--name", type=_name, help="the full name; the address where it is not given")
    parser.add_argument("--role", action="append", default=[], help="a role besides `user`; may be repeated")
    parser.epilog = f"The password is taken from {PASSWORD_VARIABLE}, or asked for."


def _email(text: str) -> str:
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _name(text: str) -> str:
    name = text.strip()
    if not name or len(name) > MAX_NAME_LENGTH or not is_one_line(name):
        raise argparse.ArgumentTypeError(f"must be one line of 1 to {MAX_NAME_LENGTH} characters")
    return name


def main() -> None:
    """The console script."""
    run_command_line(
        "auth-service",
        "Who someone is, and what they may do.",
        [
            COMMANDS.serve("answer HTTP", auth_app),
            COMMANDS.work("publish events, send mails, rotate keys, purge what is over", run_worker),
            COMMANDS.migrate(
                "make what this version needs: schema, signing key, topics", _make_topics, prepare=_make_signing_key
            ),
            _command(
                "create-account",
                "make a verified account, or give one roles",
                _create_account,
                add_arguments=_account_arguments,
            ),
            _command("rotate-keys", "make a new signing key now", _rotate_keys),
            _command("reseal-keys", "seal the signing keys with the first master key", _reseal_keys),
            _command(
                "replay",
                "apply dead letters again, in order",
                _replay,
                add_arguments=partial(add_replay_arguments, groups=tuple(HANDLERS)),
            ),
            COMMANDS.openapi(auth_app),
        ],
    )
