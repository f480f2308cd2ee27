"""`auth-service`: serve, work, migrate, create-account, rotate-keys, openapi."""

import argparse
import getpass
import json
import os
import sys
from pathlib import Path

import auth_service
from auth_service.application.commands.create_account import CreateAccount
from auth_service.application.commands.rotate_signing_keys import RotateSigningKeys
from auth_service.bootstrap import bootstrap, resources
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
    run_worker(bootstrap(settings), settings)


def _migrate(_arguments: Arguments) -> None:
    settings = _settings()
    folder = migrations_folder(Path(auth_service.__path__[0]))
    migrate(str(settings.database_url), folder)


async def _rotate_keys(_arguments: Arguments) -> None:
    auth = bootstrap(_settings())
    async with resources(auth):
        await auth.use_cases.rotate_signing_keys(RotateSigningKeys(now=True))


async def _create_account(arguments: Arguments) -> None:
    auth = bootstrap(_settings())
    password = os.environ.get(PASSWORD_VARIABLE) or getpass.getpass("Password: ")
    command = CreateAccount(arguments.email, password, arguments.name or arguments.email, arguments.role)
    async with resources(auth):
        user = await auth.use_cases.create_account(command)
    sys.stdout.write(f"{user.id}\n")


def _openapi(_arguments: Arguments) -> None:
    json.dump(auth_app(bootstrap(_settings())).openapi(), sys.stdout, indent=2)


def _account_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--email", required=True)
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
            Subcommand("work", "send mails, rotate keys, publish events", _work),
            Subcommand("migrate", "bring the database to this version's schema", _migrate),
            Subcommand(
                "create-account", "make a verified account, or give one roles", _create_account, _account_arguments
            ),
            Subcommand("rotate-keys", "make a new signing key now", _rotate_keys),
            Subcommand("openapi", "print the OpenAPI document", _openapi),
        ],
    )
