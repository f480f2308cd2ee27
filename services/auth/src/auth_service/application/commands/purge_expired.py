"""Delete what has lost its use: old logins, refresh tokens, mails, the tokens of their links, answers, attempts."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from auth_service.application.ports import OpenWork, Work
from auth_service.domain.attempts import KNOWN_FOR
from parking_kernel.batches import until_all_in
from parking_kernel.clocks import Clock
from parking_kernel.repeatable import purge_answers

_BATCH = 500


@dataclass(frozen=True, slots=True)
class PurgeExpired:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class PurgeExpiredHandler:
    """Ends logins that expired, then deletes; in batches, each in a transaction of its own, so that no lock lasts."""

    open_work: OpenWork
    clock: Clock

    async def __call__(self, _command: PurgeExpired) -> int:
        """How many rows went."""
        now = self.clock.now()
        await self._in_batches(lambda work, limit: work.logins.end_expired(now, limit))
        logins = await self._in_batches(lambda work, limit: work.logins.purge(now, limit))
        mails = await self._in_batches(lambda work, limit: work.mails.purge(now, limit))
        attempts = await self._in_batches(lambda work, limit: work.attempts.purge(now, limit))
        places = await self._in_batches(lambda work, limit: work.places.purge(now - KNOWN_FOR, limit))
        return logins + mails + attempts + places + await purge_answers(self.open_work, _BATCH)

    async def _in_batches(self, settle: Callable[[Work, int], Awaitable[int]]) -> int:
        return await until_all_in(self.open_work, settle, _BATCH)
