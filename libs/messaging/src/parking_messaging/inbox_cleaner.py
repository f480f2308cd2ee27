"""Purging old entries of the inbox."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from parking_messaging.failures import is_transient
from parking_messaging.ports import Inbox, Transactions

_PATIENCE: Final = 30.0
"""Seconds for one cleaning: the poll loop must not wait for a database that hangs."""


class InboxCleaner[Tx]:
    """Deletes a group's inbox rows once no repeat can come any more: later than the topic's retention, or 31 days."""

    def __init__(
        self,
        *,
        group: str,
        transactions: Transactions[Tx],
        inbox: Inbox[Tx],
        kept: timedelta = timedelta(days=31),
        interval: float = 600.0,
        batch: int = 5_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._group = group
        self._transactions = transactions
        self._inbox = inbox
        self._kept = kept
        self._interval = interval
        self._batch = batch
        self._clock = clock
        self._due = clock() + interval

    async def clean_when_due(self) -> None:
        """Clean, every `interval` seconds. A database that is away is tried again next time.

        A batch at a time: where more is left, the next one comes with the next poll.
        """
        if self._clock() < self._due:
            return
        self._due = self._clock() + self._interval
        try:
            async with asyncio.timeout(_PATIENCE), self._transactions() as tx:
                deleted = await self._inbox.purge(tx, self._group, self._kept, self._batch)
        except Exception as error:
            if not is_transient(error):
                raise
        else:
            if deleted == self._batch:
                self._due = self._clock()
