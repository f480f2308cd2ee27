"""The rows of the story, by SQL in each service's own database."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Self
from uuid import UUID

import asyncpg

from parking_demo.effects import Medium, Sighting, Subject
from parking_demo.watching.changes import Changes, State, Thing


@dataclass(frozen=True, slots=True)
class Question:
    """One table's rows of the story: `query` gives their ids, their state in a word, and more words."""

    service: str
    table: str
    query: str


OF_USER = (
    Question(
        "auth",
        "logins",
        "SELECT logins.id, CASE WHEN ended_at IS NULL THEN 'open' ELSE 'ended' END, ''"
        " FROM logins JOIN users ON users.id = user_id WHERE email = $1",
    ),
)
OF_RESERVATION = (
    Question(
        "reservation", "reservations", "SELECT id, status, 'spot ' || spot_number FROM reservations WHERE id = $1"
    ),
    Question(
        "reservation",
        "allocations",
        "SELECT id, CASE WHEN blocking THEN 'taken' ELSE 'free' END,"
        ' to_char(upper(during) - lower(during), \'"for "FMHH24:MI" h"\') FROM allocations WHERE reservation_id = $1',
    ),
    Question(
        "payment",
        "reservation_dues",
        "SELECT reservation_id, status, '' FROM reservation_dues WHERE reservation_id = $1",
    ),
    Question("payment", "payments", "SELECT id, stage, '' FROM payments WHERE reservation_id = $1"),
    Question(
        "payment",
        "ledger_entries",
        "SELECT ledger_entries.id, kind, "
        " string_agg(split_part(account, ':', 1) || to_char(amount / 100.0, ' FMS990.00'), ', ' ORDER BY place)"
        " FROM ledger_entries JOIN ledger_postings ON entry_id = ledger_entries.id WHERE reservation_id = $1"
        " GROUP BY ledger_entries.id",
    ),
    Question("notification", "reservation_owners", "SELECT id, 'known', '' FROM reservation_owners WHERE id = $1"),
    Question("notification", "notifications", "SELECT id, kind, '' FROM notifications WHERE reservation_id = $1"),
    Question(
        "notification",
        "deliveries",
        "SELECT id, status, channel || ' ' || kind FROM deliveries WHERE reservation_id = $1",
    ),
)


@dataclass(slots=True)
class Rows:
    """See `parking_demo.effects.Watcher`."""

    databases: Mapping[str, asyncpg.Connection]
    changes: Changes = field(default_factory=lambda: Changes.of(Medium.ROWS))

    @classmethod
    @asynccontextmanager
    async def watched(cls, urls: Mapping[str, str]) -> AsyncIterator[Self]:
        """With a connection to each database that is asked."""
        async with AsyncExitStack() as stack:
            databases: dict[str, asyncpg.Connection] = {}
            for service in sorted({question.service for question in (*OF_USER, *OF_RESERVATION)}):
                databases[service] = await asyncpg.connect(urls[service])
                stack.push_async_callback(databases[service].close)
            yield cls(databases)

    async def look(self, subject: Subject) -> Sequence[Sighting]:
        """See Watcher."""
        found = await self._answers(OF_USER, subject.email)
        for reservation_id in subject.reservation_ids:
            found |= await self._answers(OF_RESERVATION, UUID(reservation_id))
        self.changes.now = found
        return self.changes.sightings()

    def turn_page(self) -> None:
        """See Watcher."""
        self.changes.turn_page()

    async def _answers(self, questions: Sequence[Question], argument: str | UUID) -> dict[Thing, State]:
        return {
            Thing(question.service, question.table, str(row[0])): State(row[1], row[2])
            for question in questions
            for row in await self.databases[question.service].fetch(question.query, argument)
        }
