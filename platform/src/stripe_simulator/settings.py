"""What one simulator is started with: command line first, environment second."""

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

ENVIRONMENT_PREFIX = "STRIPE_SIMULATOR_"


@dataclass(frozen=True, slots=True)
class Settings:
    """One simulated account. Durations are seconds unless the name says otherwise."""

    state: Path
    secret_key: str
    publishable_key: str
    webhook_secret: str
    host: str = "127.0.0.1"
    port: int = 12111
    public_url: str = ""
    webhook_url: str = ""
    webhook_retry_base: float = 1.0
    webhook_retry_limit: int = 16
    webhook_timeout: float = 10.0
    webhook_concurrency: int = 4
    settle_seconds: float = 2.0
    journal_size: int = 5_000
    api_version: str = "2026-10-28.endive"

    @property
    def base_url(self) -> str:
        """Where a browser reaches the simulator; the 3-D Secure page's address begins with it."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


HELP = {
    "state": "the SQLite file that holds everything; made if absent",
    "secret_key": "the server's key, sk_test_...",
    "publishable_key": "the browser's key, pk_test_...",
    "webhook_secret": "what webhooks are signed with, whsec_...",
    "host": "address to listen on",
    "port": "port to listen on",
    "public_url": "where browsers reach the simulator, such as https://localhost/stripe",
    "webhook_url": "where events are delivered; empty delivers nothing",
    "webhook_retry_base": "seconds before the second attempt; doubles with each further one",
    "webhook_retry_limit": "attempts before a delivery is given up",
    "webhook_timeout": "seconds to wait for the receiver's answer",
    "webhook_concurrency": "deliveries sent at once",
    "settle_seconds": "seconds until what Stripe does later is done (asynchronous refunds, balance transactions)",
    "journal_size": "requests kept for the conformance check; 0 keeps none",
    "api_version": "the account's API version, written into events",
}


def parse(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings; exits with a usage message when one that is required is missing."""
    parser = argparse.ArgumentParser(prog="python -m stripe_simulator", description="A simulator of the Stripe API")
    for field in fields(Settings):
        variable = ENVIRONMENT_PREFIX + field.name.upper()
        given = environment.get(variable)
        required = field.name in ("state", "secret_key", "publishable_key", "webhook_secret")
        parser.add_argument(
            "--" + field.name.replace("_", "-"),
            type=field.type if callable(field.type) else str,
            required=required and given is None,
            default=given if given is not None else (None if required else field.default),
            help=f"{HELP[field.name]} [{variable}]",
        )
    settings = Settings(**vars(parser.parse_args(arguments)))
    if settings.webhook_url and not settings.webhook_url.startswith(("http://", "https://")):
        parser.error("--webhook-url has to begin with http:// or https://")
    return settings
