"""`.run/demo.json` as the demonstration reads it."""

import ssl
from pathlib import Path
from typing import Self

import httpx
from pydantic import BaseModel, Field

from parking_demo.people import City

TIMEOUT_SECONDS = 30


class NotRunning(Exception):
    """There is no platform to show; the message says what to do."""


class Account(BaseModel):
    """An account to sign in with."""

    email: str
    password: str = Field(repr=False)


class Addresses(BaseModel):
    """Where everything is. The authority's path is relative to the checkout."""

    gateway: str
    ca: Path
    kafka: str
    elasticsearch: str
    stripe: str
    mail: str
    postgres: dict[str, str] = Field(repr=False)
    accounts: dict[str, Account]

    @classmethod
    def read(cls, file: Path) -> Self:
        """What the platform has written. Raises NotRunning where it has not, or has taken it back."""
        if not file.exists():
            raise NotRunning("Nothing runs. `make up` starts the platform.")
        found = cls.model_validate_json(file.read_bytes())
        return found.model_copy(update={"ca": file.absolute().parents[1] / found.ca})

    @property
    def trust(self) -> ssl.SSLContext:
        """What an app must trust to talk to the gateway."""
        return ssl.create_default_context(cafile=self.ca)

    @property
    def websocket(self) -> str:
        """Where live messages come from."""
        return f"{self.gateway.replace('https', 'wss', 1)}/api/v1/ws"

    def city(self) -> City:
        """The platform as people reach it. The caller closes its client."""
        client = httpx.AsyncClient(base_url=self.gateway, verify=self.trust, trust_env=False, timeout=TIMEOUT_SECONDS)
        return City(client, self.mail, self.stripe)
