"""Auth's settings as a test installation has them, and what a test sees of it from behind."""

import base64
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg

from auth_service.settings import AuthSettings

MASTER_KEY = base64.b64encode(bytes(32)).decode()
ANSWER_KEYS = base64.b64encode(bytes(range(32))).decode()
ISSUER = "https://parking.test"

type Database = asyncpg.Connection[Any]
"""A connection to look at what is really stored."""

type Mails = Callable[[str], Awaitable[list[dict[str, Any]]]]
"""Sends what is due, then says which mails came to an address, the newest first."""


def settings_for(database_url: str, **changes: object) -> AuthSettings:
    """Settings for a database, with changes by name."""
    return AuthSettings.model_validate(
        {
            "environment": "test",
            "database_url": database_url,
            "pool_size": 5,
            "token_issuer": ISSUER,
            "public_url": ISSUER,
            "master_key": MASTER_KEY,
            "answer_keys": ANSWER_KEYS,
            "bcrypt_cost": 4,
            **changes,
        }
    )
