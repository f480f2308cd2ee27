"""How many devices are signed in."""

from dataclasses import dataclass

from auth_service.application.ports import OpenWork
from parking_kernel.clocks import Clock


@dataclass(frozen=True, slots=True)
class CountOpenLogins:
    """At this moment."""


@dataclass(frozen=True, slots=True)
class CountOpenLoginsHandler:
    """Counts the logins that can still be used."""

    open_work: OpenWork
    clock: Clock

    async def __call__(self, _query: CountOpenLogins) -> int:
        """The number of all users' open logins."""
        async with self.open_work() as work:
            return await work.logins.count_open(self.clock.now())
