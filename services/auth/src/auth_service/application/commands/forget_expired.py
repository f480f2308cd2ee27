"""Delete what has lost its use: old logins, refresh tokens, mails and the tokens of their links."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from auth_service.application.ports import OpenWork, Work
from parking_kernel.clocks import Clock

_BATCH = 500


@dataclass(frozen=True, slots=True)
class ForgetExpired:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class ForgetExpiredHandler:
    """Deletes in batches, each in a transaction of its own, so that nobody waits for long."""

    open_work: OpenWork
    clock: Clock

    async def __call__(self, _command: ForgetExpired) -> int:
        """How many rows went."""
        now = self.clock.now()
        logins = await self._purge(lambda work: work.logins.forget(now, _BATCH))
        return logins + await self._purge(lambda work: work.mails.forget(now, _BATCH))

    async def _purge(self, batch: Callable[[Work], Awaitable[int]]) -> int:
        deleted = 0
        while True:
            async with self.open_work() as work:
                gone = await batch(work)
            deleted += gone
            if gone == 0:
                return deleted
