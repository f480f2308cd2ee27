"""Stored answers in memory."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from parking_kernel.repeatable import Answer, InFlight, KeyReused, RequestKey


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """A row: a claim without an answer, or an answer."""

    fingerprint: bytes
    created_at: datetime
    claimed_until: datetime | None = None
    answer: Answer | None = None


class InMemoryAnswers:
    """See `parking_kernel.repeatable.Answers`. `rows` are those of one transaction's tables, `running` is shared.

    `running` holds the keys that a transaction of this process works on; the unit of work that opened the transaction
    calls `end` when it is over.
    """

    def __init__(
        self,
        rows: dict[tuple[str, str], StoredAnswer],
        now: Callable[[], datetime],
        running: set[tuple[str, str]],
    ) -> None:
        self._rows = rows
        self._now = now
        self._running = running
        self._mine: set[tuple[str, str]] = set()

    async def claim(self, key: RequestKey, lease: timedelta | None = None) -> Answer | None:
        """The first answer to this key; without one, the key is ours. Raises `KeyReused` and `InFlight`."""
        place = (key.scope, key.key)
        if place in self._running - self._mine:
            raise InFlight(key.key)
        self._running.add(place)
        self._mine.add(place)
        row = self._rows.get(place)
        if row is not None:
            if row.fingerprint != key.fingerprint:
                raise KeyReused(key.key)
            if row.answer is not None:
                return replace(row.answer, replayed=True)
            if row.claimed_until and row.claimed_until > self._now():
                raise InFlight(key.key)
        if lease is not None:
            self._rows[place] = StoredAnswer(key.fingerprint, self._now(), self._now() + lease)
        return None

    async def store(self, key: RequestKey, answer: Answer) -> None:
        """Store the answer of a key that was claimed."""
        place = (key.scope, key.key)
        earlier = self._rows.get(place)
        if earlier is None or earlier.answer is None:
            created_at = earlier.created_at if earlier else self._now()
            self._rows[place] = StoredAnswer(key.fingerprint, created_at, answer=answer)

    async def release(self, key: RequestKey) -> None:
        """Give up a claim without an answer."""
        place = (key.scope, key.key)
        if (row := self._rows.get(place)) and row.answer is None:
            del self._rows[place]

    async def purge(self, older_than: timedelta, limit: int) -> int:
        """Delete at most `limit` answers that were stored for longer; how many."""
        old = sorted(
            (place for place, row in self._rows.items() if row.created_at < self._now() - older_than),
            key=lambda place: self._rows[place].created_at,
        )[:limit]
        for place in old:
            del self._rows[place]
        return len(old)

    def end(self) -> None:
        """The transaction is over: its locks are released."""
        self._running -= self._mine
