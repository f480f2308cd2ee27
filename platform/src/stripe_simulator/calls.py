"""What an endpoint is, and what it is given."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from stripe_simulator.account import Account, Body
from stripe_simulator.parameters import Form


@dataclass(frozen=True, slots=True)
class Call:
    """One request, authenticated and validated, inside its transaction."""

    account: Account
    parameters: dict[str, Any]
    path: dict[str, str]
    by_browser: bool = False
    """Made with the publishable key."""

    def __getitem__(self, name: str) -> Any:
        return self.parameters[name]

    def get(self, name: str, default: Any = None) -> Any:
        """A parameter, or the default when it was not sent."""
        return self.parameters.get(name, default)

    def named(self, *names: str) -> dict[str, Any]:
        """Those of the parameters that were sent, to be written into an object."""
        return {name: self.parameters[name] for name in names if name in self.parameters}


@dataclass(frozen=True, slots=True)
class Operation:
    """One endpoint of the API."""

    method: str
    path: str
    parameters: Form
    run: Callable[[Call], Body]
    for_browsers: bool = False
    """Whether the publishable key may call it."""
