"""What the requests of one process that book at the same moment know of each other. The database alone decides."""

from collections import Counter
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from parking_kernel.repeatable import Answer, RequestKey
from reservation_service.application.ports import Candidates, Hold, SpotRequest
from reservation_service.domain.lots import Lot, Spot
from reservation_service.domain.reservations import Reservation


class BookingStatements(Protocol):
    """Statements on a connection of one's own, each a transaction."""

    async def find(self, request: SpotRequest, limit: int) -> Candidates:
        """The lot, and the spots to try."""
        ...

    async def book(self, reservation: Reservation, lot: Lot, key: RequestKey, answer: Answer) -> Answer | None:
        """Write hold, spot's time, events and answer: all, or nothing when the time is taken.

        Raises `StaleCandidates` where the lot, or the reservation's spot, is of another version than here.
        """
        ...

    async def earlier(self, key: RequestKey) -> Answer | None:
        """The first answer to this key."""
        ...


@dataclass(slots=True)
class _IdenticalRequests:
    """All requests of this process for the same at this moment.

    One that looks and sees that nothing is free has seen it for all that had asked by then: at that instant, after they
    asked and before they are answered, their refusal was right too. One that asks later looks again.
    """

    number: int = 0
    _now: int = 0
    _looked: int = 0
    _seen: Candidates | None = None

    def next_moment(self) -> int:
        """Says which came first: an asking or a look."""
        self._now += 1
        return self._now

    def note(self, looked: int, candidates: Candidates) -> None:
        """What was seen by a look that began at that moment."""
        if candidates.nothing_is_free and looked > self._looked:
            self._looked, self._seen = looked, candidates

    def seen_since(self, asked: int) -> Candidates | None:
        """What was seen when nothing was free, if one of them looked since that moment."""
        return self._seen if self._looked > asked else None


class BookingAttempts:
    """Makes the attempts of `reservation_service.application.ports.Bookings`.

    `connected` gives the statements of a connection, as soon as the concurrency limiter permits.
    """

    def __init__(self, connected: Callable[[], AbstractAsyncContextManager[BookingStatements]]) -> None:
        self._connected = connected
        self._identical: dict[SpotRequest, _IdenticalRequests] = {}
        self._being_tried = Counter[UUID]()

    @asynccontextmanager
    async def attempt(self, request: SpotRequest) -> AsyncGenerator["_Attempt"]:
        """An attempt, once the limiter permits."""
        with self._asking(request) as identical:
            asked = identical.next_moment()
            async with self._connected() as statements:
                yield _Attempt(request, statements, identical, asked, self._being_tried)

    @property
    def under_way(self) -> int:
        """How many requests and spots are being worked on."""
        return len(self._identical) + len(self._being_tried)

    @contextmanager
    def _asking(self, request: SpotRequest) -> Generator[_IdenticalRequests]:
        identical = self._identical.setdefault(request, _IdenticalRequests())
        identical.number += 1
        try:
            yield identical
        finally:
            identical.number -= 1
            if not identical.number:
                del self._identical[request]


@dataclass(frozen=True, slots=True)
class _Attempt:
    """See `reservation_service.application.ports.BookingAttempt`."""

    request: SpotRequest
    statements: BookingStatements
    identical: _IdenticalRequests
    asked: int
    being_tried: Counter[UUID]

    async def find(self, limit: int) -> Candidates:
        """The lot, and the spots to try, or what an identical request saw."""
        if seen := self.identical.seen_since(self.asked):
            return seen
        looked = self.identical.next_moment()
        candidates = await self.statements.find(self.request, limit)
        if not candidates.spots or candidates.is_taken:
            self.identical.note(looked, candidates)
        return candidates

    async def book(self, candidates: Candidates, hold: Hold, key: RequestKey) -> Answer | None:
        """Hold the first of the spots that is free; those that others are just booking come last."""
        left = list(candidates.spots)
        while left:
            spot = min(left, key=self._how_tried)
            left.remove(spot)
            reservation, answer = hold(spot)
            self.being_tried[spot.id] += 1
            try:
                given = await self.statements.book(reservation, candidates.lot, key, answer)
            finally:
                self.being_tried[spot.id] -= 1
                if not self.being_tried[spot.id]:
                    del self.being_tried[spot.id]
            if given:
                return given
        return None

    async def earlier(self, key: RequestKey) -> Answer | None:
        """The first answer to this key."""
        return await self.statements.earlier(key)

    def _how_tried(self, spot: Spot) -> bool:
        return spot.id in self.being_tried
