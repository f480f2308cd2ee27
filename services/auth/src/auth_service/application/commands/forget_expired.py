"""Delete what has lost its use: old logins, refresh tokens, mails and the tokens of their links."""

from dataclasses import dataclass

from auth_service.application.ports import OpenWork
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
        deleted = 0
        while True:
            async with self.open_work() as work:
                batch = await work.logins.forget(now, _BATCH) + await work.mails.forget(now, _BATCH)
            deleted += batch
            if batch == 0:
                return deleted
