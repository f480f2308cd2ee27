"""`auth-service`: serve, work, migrate, create-account, rotate-keys, openapi."""

import argparse
import asyncio
import getpass
import json
import os
import sys
from pathlib import Path

from email_validator import EmailNotValidError, validate_email

import auth_service
from auth_service.application.commands.create_account import CreateAccount
from auth_service.application.commands.rotate_signing_keys import RotateSigningKeys
from auth_service.bootstrap import bootstrap, make_topics, outbox_relay, resources
from auth_service.domain.errors import AuthError
from auth_service.entrypoints.http.app import auth_app
from auth_service.entrypoints.worker import run_worker
from auth_service.settings import AuthSettings
from parking_chassis.cli import Arguments, Subcommand, run_command_line
from parking_chassis.logs import configure_logs
from parking_chassis.migrations import migrate, migrations_folder
from parking_chassis.process import Address, serve
from parking_chassis.telemetry import configure_tracing

PASSWORD_VARIABLE = "AUTH_ACCOUNT_PASSWORD"  # noqa: S105 - a variable's name


def _settings() -> AuthSettings:
    settings = AuthSettings()  # pyright: ignore[reportCallIssue] - the environment gives the values
    configure_logs("auth", settings.log_level)
    configure_tracing("auth", settings.otlp_endpoint, settings.trace_sample_ratio)
    return settings


def _serve(_arguments: Arguments) -> None:
    settings = _settings()
    app = auth_app(bootstrap(settings))
    serve(app, Address(settings.http_host, settings.http_port, settings.shutdown_grace))


def _work(_arguments: Arguments) -> None:
    settings = _settings()
    run_worker(bootstrap(settings), outbox_relay(settings), settings)


def _migrate(arguments: Arguments) -> None:
    settings = _settings()
    migrate(str(settings.database_url), migrations_folder(Path(auth_service.__path__[0])))
    asyncio.run(_prepare(settings, with_topics=not arguments.no_topics))


async def _prepare(settings: AuthSettings, *, with_topics: bool) -> None:
    """What must be there before the first request, beside the schema: a signing key, and the topics."""
    await _rotate(settings, RotateSigningKeys())
    if with_topics:
        await make_topics(settings)


async def _rotate_keys(_arguments: Arguments) -> None:
    await _rotate(_settings(), RotateSigningKeys(now=True))


async def _rotate(settings: AuthSettings, command: RotateSigningKeys) -> None:
    auth = bootstrap(settings)
    async with resources(auth):
        await auth.use_cases.rotate_signing_keys(command)


async def _create_account(arguments: Arguments) -> None:
    auth = bootstrap(_settings())
    password = os.environ.get(PASSWORD_VARIABLE) or getpass.getpass("Password: ")
    command = CreateAccount(arguments.email, password, arguments.name or arguments.email, arguments.role)
    try:
        async with resources(auth):
            user = await auth.use_cases.create_account(command)
    except AuthError as error:
        sys.exit(f"auth-service: {error}")
    sys.stdout.write(f"{user.id}\n")


def _openapi(_arguments: Arguments) -> None:
    json.dump(auth_app(bootstrap(_settings())).openapi(), sys.stdout, indent=2)


def _email(text: str) -> str:
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _migration_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-topics", action="store_true", help="leave Kafka alone: somebody else makes the topics")


def _account_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--email", required=True, type=_email)
    parser.add_argument("--name", help="the full name; the address where it is not given")
    parser.add_argument("--role", action="append", default=[], help="a role besides `user`; may be repeated")
    parser.epilog = f"The password is taken from {PASSWORD_VARIABLE}, or asked for."


def main() -> None:
    """The console script."""
    run_command_line(
        "auth-service",
        "Who someone is, and what they may do.",
        [
            Subcommand("serve", "answer HTTP", _serve),
            Subcommand("work", "publish events, send mails, rotate keys, forget what is over", _work),
            Subcommand(
                "migrate", "make what this version needs: schema, signing key, topics", _migrate, _migration_arguments
            ),
            Subcommand(
                "create-account", "make a verified account, or give one roles", _create_account, _account_arguments
            ),
            Subcommand("rotate-keys", "make a new signing key now", _rotate_keys),
            Subcommand("openapi", "print the OpenAPI document", _openapi),
        ],
    )
