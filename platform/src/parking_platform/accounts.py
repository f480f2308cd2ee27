"""The accounts of the demonstration: one of each role, made by auth's own command."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from parking_platform.secret_store import SecretStore
from parking_platform.servers.service import run_command

AUTH = "auth"
PASSWORD_VARIABLE = "AUTH_ACCOUNT_PASSWORD"  # noqa: S105 - a variable's name


@dataclass(frozen=True)
class Account:
    """An account to sign in with."""

    email: str
    password: str


# The roles beside `user`, which all have.
ROLES: Mapping[str, tuple[str, ...]] = {"driver": (), "operator": ("operator",), "admin": ("admin",)}


def accounts(secrets: SecretStore) -> Mapping[str, Account]:
    """The accounts by what they are."""
    return {name: Account(f"{name}@parking.example", secrets.password(f"account.{name}")) for name in ROLES}


async def create_accounts(secrets: SecretStore, environment: Mapping[str, str], log: Path) -> None:
    """Make the accounts that are missing; those that exist stay as they are."""
    async with asyncio.TaskGroup() as tasks:
        for name, account in accounts(secrets).items():
            roles = (argument for role in ROLES[name] for argument in ("--role", role))
            with_password = {**environment, PASSWORD_VARIABLE: account.password}
            tasks.create_task(
                run_command(
                    *(AUTH, "create-account", "--email", account.email, *roles), environment=with_password, log=log
                )
            )
