"""One transaction."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from analytics_service.application.ports.lots import Lots
from analytics_service.application.ports.register import Register
from parking_kernel.askers import Asker


@dataclass(frozen=True, slots=True)
class Work:
    """One transaction's repositories. None of them has anything to publish."""

    lots: Lots
    register: Register


OpenWork = Callable[[Asker], AbstractAsyncContextManager[Work]]
"""Opens a transaction in somebody's name; it commits when its block ends, and rolls back when the block raises."""
