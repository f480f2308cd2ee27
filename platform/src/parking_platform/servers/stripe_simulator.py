"""The Stripe simulator: our own program, where no real key is configured."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from parking_platform.ports import LOOPBACK
from parking_platform.processes import YIELDING, ProcessSpec
from parking_platform.readiness import require_ok


@dataclass(frozen=True, kw_only=True)
class StripeKeys:
    """One test account's keys, as Stripe shows them."""

    secret_key: str
    publishable_key: str
    webhook_secret: str

    @property
    def variables(self) -> Mapping[str, str]:
        """How the simulator finds them in its environment."""
        return {
            "STRIPE_SIMULATOR_SECRET_KEY": self.secret_key,
            "STRIPE_SIMULATOR_PUBLISHABLE_KEY": self.publishable_key,
            "STRIPE_SIMULATOR_WEBHOOK_SECRET": self.webhook_secret,
        }


@dataclass(frozen=True, kw_only=True)
class StripeSimulator:
    """One simulated account; `webhook_url` empty delivers nothing."""

    directory: Path
    port: int
    keys: StripeKeys
    webhook_url: str = ""
    name: str = "stripe-simulator"

    @property
    def ports(self) -> Mapping[str, int]:
        """The API's port."""
        return {"stripe": self.port}

    @property
    def url(self) -> str:
        """The API's address."""
        return f"http://{LOOPBACK}:{self.port}"

    def prepare(self) -> None:
        """Make the directory of its state."""
        self.directory.mkdir(parents=True, exist_ok=True)

    def process(self) -> ProcessSpec:
        """Its one process; the keys go through the environment, which other users cannot read."""
        return ProcessSpec(
            name=self.name,
            command=(
                *(*YIELDING, sys.executable, "-m", "stripe_simulator", "--state", str(self.directory / "state.sqlite")),
                *("--host", LOOPBACK, "--port", str(self.port), "--webhook-url", self.webhook_url),
            ),
            directory=self.directory,
            environment=self.keys.variables,
        )

    async def check(self) -> None:
        """Ask its health route."""
        await require_ok(f"{self.url}/healthz")
