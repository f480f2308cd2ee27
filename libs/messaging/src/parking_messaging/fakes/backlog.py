"""The relay's side of the outbox in memory."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

from parking_messaging.failures import BacklogLost
from parking_messaging.fakes.outbox import FakeOutbox
from parking_messaging.ports import BacklogState
from parking_messaging.records import Subject, Unsent


class FakeBacklog:
    """Several on one outbox compete for its lock; `lose` is what a broken connection does."""

    _holders: dict[int, "FakeBacklog"] = {}  # noqa: RUF012 - the locks of all outboxes, as a server has them

    def __init__(self, outbox: FakeOutbox) -> None:
        self.lost = asyncio.Event()
        self._outbox = outbox

    def lose(self) -> None:
        """Break the connection."""
        self.lost.set()
        self._give_back()

    async def acquire(self) -> bool:
        """Take the lock if it is free."""
        self._alive()
        return self._holders.setdefault(id(self._outbox), self) is self

    async def check(self) -> None:
        """Raise once lost."""
        self._alive()

    async def unsent(self, limit: int, held: Collection[Subject]) -> list[Unsent]:
        """In the order of `seq`."""
        self._alive()
        rows = [row for _, row in sorted(self._outbox.unsent.items()) if row.subject not in set(held)]
        return rows[:limit]

    async def mark_sent(self, seqs: Sequence[int]) -> None:
        """Move them."""
        self._alive()
        for seq in seqs:
            if seq in self._outbox.unsent:
                self._outbox.sent[seq] = self._outbox.unsent.pop(seq)

    async def state(self) -> BacklogState:
        """Count."""
        self._alive()
        oldest = min(self._outbox.unsent, default=None)
        age = 0.0 if oldest is None else (datetime.now(UTC) - self._outbox.unsent[oldest].created_at).total_seconds()
        return BacklogState(len(self._outbox.unsent), age)

    async def delete_sent(self, older_than: timedelta, limit: int) -> int:
        """By the time of creation, which is close enough here."""
        self._alive()
        limit_at = datetime.now(UTC) - older_than
        old = [seq for seq, row in sorted(self._outbox.sent.items()) if row.created_at < limit_at][:limit]
        for seq in old:
            del self._outbox.sent[seq]
        return len(old)

    async def close(self) -> None:
        """Give the lock back."""
        self._give_back()

    def _give_back(self) -> None:
        if self._holders.get(id(self._outbox)) is self:
            del self._holders[id(self._outbox)]

    def _alive(self) -> None:
        if self.lost.is_set():
            raise BacklogLost("the connection is gone")
