"""`auth-service`: serve, work, migrate, create-account, rotate-keys, openapi."""

import argparse
import getpass
import os
import sys

from email_validator import EmailNotValidError, validate_email

import auth_service
from auth_service.application.commands.create_account import CreateAccount
from auth_service.application.commands.rotate_signing_keys import RotateSigningKeys
from auth_service.bootstrap import SERVICE, bootstrap, make_topics, resources
from auth_service.domain.errors import AuthError
from auth_service.entrypoints.http.app import auth_app
from auth_service.entrypoints.worker import run_worker
from auth_service.settings import AuthSettings
from parking_chassis.cli import Arguments, ServiceCommands, Subcommand, run_command_line

PASSWORD_VARIABLE = "AUTH_ACCOUNT_PASSWORD"  # noqa: S105 - a variable's name

COMMANDS = ServiceCommands(SERVICE, auth_service, AuthSettings, bootstrap)


async def _make_signing_key(settings: AuthSettings) -> None:
    """The first one, without which no request can be answered; nothing where there is one that is not due."""
    await _rotate(settings, RotateSigningKeys())


async def _rotate_keys(_arguments: Arguments) -> None:
    await _rotate(COMMANDS.settings(), RotateSigningKeys(now=True))


async def _rotate(settings: AuthSettings, command: RotateSigningKeys) -> None:
    auth = bootstrap(settings)
    async with resources(auth):
        await auth.use_cases.rotate_signing_keys(command)


async def _create_account(arguments: Arguments) -> None:
    auth = COMMANDS.wired()
    password = os.environ.get(PASSWORD_VARIABLE) or getpass.getpass("Password: ")
    command = CreateAccount(arguments.email, password, arguments.name or arguments.email, arguments.role)
    try:
        async with resources(auth):
            user = await auth.use_cases.create_account(command)
    except AuthError as error:
        sys.exit(f"auth-service: {error}")
    sys.stdout.write(f"{user.id}\n")


def _account_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--email", required=True, type=_email)
    parser.add_argument("--name", help="the full name; the address where it is not given")
    parser.add_argument("--role", action="append", default=[], help="a role besides `user`; may be repeated")
    parser.epilog = f"The password is taken from {PASSWORD_VARIABLE}, or asked for."


def _email(text: str) -> str:
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def main() -> None:
    """The console script."""
    run_command_line(
        "auth-service",
        "Who someone is, and what they may do.",
        [
            COMMANDS.serve("answer HTTP", auth_app),
            COMMANDS.work("publish events, send mails, rotate keys, forget what is over", run_worker),
            COMMANDS.migrate(
                "make what this version needs: schema, signing key, topics", make_topics, prepare=_make_signing_key
            ),
            Subcommand(
                "create-account", "make a verified account, or give one roles", _create_account, _account_arguments
            ),
            Subcommand("rotate-keys", "make a new signing key now", _rotate_keys),
            COMMANDS.openapi(auth_app),
        ],
    )
