"""All watchers together."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Self

from parking_demo.addresses import Addresses
from parking_demo.effects import Effect, Sighting, Subject, Watcher
from parking_demo.people import City
from parking_demo.watching.documents import Documents
from parking_demo.watching.events import Events
from parking_demo.watching.live_messages import LiveMessages
from parking_demo.watching.mails import Mails
from parking_demo.watching.rows import Rows
from parking_platform.testing.waiting import TimedOut, wait_until


class NotSeen(Exception):
    """What should have happened was not seen in time; the message lists it."""


@dataclass(slots=True)
class Witnesses:
    """Everything that watches; it closes with the stack."""

    addresses: Addresses
    documents: Documents
    watchers: list[Watcher]
    stack: AsyncExitStack

    @classmethod
    @asynccontextmanager
    async def called(cls, addresses: Addresses, city: City) -> AsyncIterator[Self]:
        """With connections to everything that needs no token."""
        async with AsyncExitStack() as stack:
            documents = await stack.enter_async_context(Documents.watched(addresses.elasticsearch))
            watchers: list[Watcher] = [
                await stack.enter_async_context(Rows.watched(addresses.postgres)),
                await stack.enter_async_context(Events.watched(addresses.kafka)),
                Mails(city),
                documents,
            ]
            yield cls(addresses, documents, watchers, stack)

    async def listen(self, token: str, room: str) -> None:
        """From here on, receive the messages of a room over the WebSocket."""
        live = LiveMessages.subscribed(self.addresses, token, room)
        self.watchers.append(await self.stack.enter_async_context(live))

    async def see(self, expected: Collection[Effect], subject: Subject, seconds: float) -> Sequence[Sighting]:
        """All that was seen since the page was turned, as soon as what is expected is among it. Raises NotSeen."""
        seen: list[Sighting] = []

        async def complete() -> bool:
            seen[:] = [sighting for watcher in self.watchers for sighting in await watcher.look(subject)]
            return not _missing(expected, seen)

        try:
            await wait_until(complete, "all effects", seconds=seconds)
        except TimedOut as error:
            missing = "; ".join(map(str, _missing(expected, seen)))
            raise NotSeen(f"within {seconds:.0f} s nothing was seen of: {missing}") from error
        return seen

    async def look_away_from_the_past(self, subject: Subject) -> None:
        """What there is of the subject already is no news."""
        for watcher in self.watchers:
            await watcher.look(subject)
        self.turn_page()

    def turn_page(self) -> None:
        """What was seen until now belongs to the past."""
        for watcher in self.watchers:
            watcher.turn_page()


def _missing(expected: Collection[Effect], seen: Sequence[Sighting]) -> list[Effect]:
    found = {sighting.effect for sighting in seen}
    return [effect for effect in expected if effect not in found]
