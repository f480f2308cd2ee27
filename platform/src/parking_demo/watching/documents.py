"""The documents of the story in Elasticsearch, as a search finds them."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import httpx

from parking_demo.effects import Medium, Sighting, Subject
from parking_demo.people import require
from parking_demo.watching.changes import Changes, State, Thing
from parking_demo.words import money

ANALYTICS = "analytics"
MOST = 100
Document = Mapping[str, Any]


def _reservation(found: Document) -> State:
    paid = money({"amount": found["amount_paid"], "currency": found["currency"]})
    return State(found["status"], f"paid {paid}, version {found['version']}")


def _entry(found: Document) -> State:
    return State(found["kind"], f"gross {money({'amount': found['gross'], 'currency': found['currency']})}")


STATES: Mapping[str, Callable[[Document], State]] = {"parking-reservations": _reservation, "parking-ledger": _entry}


@dataclass(slots=True)
class Documents:
    """See `parking_demo.effects.Watcher`."""

    client: httpx.AsyncClient
    changes: Changes = field(default_factory=lambda: Changes.of(Medium.DOCUMENT))

    @classmethod
    @asynccontextmanager
    async def watched(cls, elasticsearch: str) -> AsyncIterator[Self]:
        """With a client of its own."""
        async with httpx.AsyncClient(base_url=elasticsearch, trust_env=False) as client:
            yield cls(client)

    async def look(self, subject: Subject) -> Sequence[Sighting]:
        """See Watcher."""
        if subject.reservation_ids:
            self.changes.now = {
                Thing(ANALYTICS, alias, found["_id"]): state_of(found["_source"])
                for alias, state_of in STATES.items()
                for found in await self.about(alias, *subject.reservation_ids)
            }
        return self.changes.sightings()

    def turn_page(self) -> None:
        """See Watcher."""
        self.changes.turn_page()

    async def about(self, alias: str, *reservation_ids: str) -> Sequence[Mapping[str, Any]]:
        """What Elasticsearch finds behind an alias of some reservations."""
        query = {"query": {"terms": {"reservation_id": reservation_ids}}, "size": MOST}
        answer = await self.client.post(f"/{alias}/_search", json=query)
        return require(answer, httpx.codes.OK).json()["hits"]["hits"]
