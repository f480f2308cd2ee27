"""The hot path: few round trips, and all of a booking in one statement (decision 0018)."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from parking_kernel.periods import Period
from parking_kernel.pricing import Price
from parking_kernel.repeatable import Answer, RequestKey
from reservation_service.application.ports.timetable import SpotRequest
from reservation_service.domain.lots import Lot, Spot
from reservation_service.domain.reservations import Reservation, ReservationState


class TooBusy(Exception):
    """So many want the same spots that none was got in reasonable time, though some may be free."""


class StaleCandidates(Exception):
    """The lot or the spot is not as it was read: it is to be seen again what may be booked."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """A lot with spots to try for a period, the best fit first, by the database's clock. All seen at one instant.

    `is_taken`: the named spot is not free. `hold_is_overdue`: a hold that may expire is in the way.
    `has_such_spots`: the lot has spots in service that the request could be met with, free or not.
    """

    lot: Lot
    spots: Sequence[Spot]
    hold_is_overdue: bool
    as_of: datetime
    is_taken: bool = False
    has_such_spots: bool = True

    @property
    def nothing_is_free(self) -> bool:
        """Whether a refusal is right: nothing was free, and nothing in the way could be released."""
        return not self.hold_is_overdue and (self.is_taken or not self.spots)


Hold = Callable[[Spot], tuple[Reservation, Answer]]
"""Makes the hold on a spot, and its answer."""


class BookingAttempt(Protocol):
    """A connection to the database: as many try at once as can, so that what one finds free is so when it books."""

    async def find(self, limit: int) -> Candidates:
        """The lot, and the spots to try; a named spot whether it is free or not, others only if they are.

        A request that waited while an identical one saw that nothing was free gets what that one saw. Raises
        `UnknownLot`, and `UnknownSpot` for a named one.
        """
        ...

    async def book(self, candidates: Candidates, hold: Hold, key: RequestKey) -> Answer | None:
        """Hold the first of the spots that is free: spot's time, events and answer, or nothing when none is.

        Spots that others are just booking are tried last. Where the key was used before, the first answer. Raises
        `KeyReused`, `InFlight`, and `StaleCandidates` where the lot or a spot has changed since it was read.
        """
        ...

    async def earlier(self, key: RequestKey) -> Answer | None:
        """The first answer to this key. Raises `KeyReused` and `InFlight`."""
        ...


@dataclass(frozen=True, slots=True)
class FreeSpots:
    """What is free of a lot at an instant: how many spots, and some of them by number, those behind a number."""

    lot: Lot
    count: int
    spots: Sequence[Spot]
    as_of: datetime


class Bookings(Protocol):
    """Books spots, and stores the answers under the requests' keys."""

    def attempt(self, request: SpotRequest) -> AbstractAsyncContextManager[BookingAttempt]:
        """An attempt that may go on for as long as the block lasts, without waiting again. First come, first served.

        Raises `TooBusy` when it takes too long to begin.
        """
        ...

    async def free_spots(self, request: SpotRequest, limit: int, after: str | None) -> FreeSpots:
        """The lot, and its free spots of the type, or of all. Raises `UnknownLot`."""
        ...

    async def refuse(self, key: RequestKey, answer: Answer) -> Answer:
        """Store the refusal of a request that was attempted; what is answered. It waits behind no new attempt.

        Raises `TooBusy`, `KeyReused` and `InFlight`.
        """
        ...


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another way to park: same lot, nearby time or nearby lot; true at `as_of`."""

    parking_lot_id: UUID
    lot_name: str
    spot: Spot
    period: Period
    price: Price
    distance_m: int
    as_of: datetime


class Alternatives(Protocol):
    """What else could be reserved."""

    async def find(self, request: SpotRequest) -> Sequence[Alternative]:
        """The nearest ways to park otherwise; worked out at most once a second for a lot and a window."""
        ...


class BookingAnswers(Protocol):
    """Renders what became of a request. What is stored for a repeated one is the answer itself."""

    def booked(self, reservation: ReservationState, lot: Lot, charge_token: str | None) -> Answer:
        """The hold stands; without a token nothing is to be paid."""
        ...

    def taken(self, alternatives: Sequence[Alternative]) -> Answer:
        """The time is taken; these are free."""
        ...

    def no_such_spots(self, lot: Lot, alternatives: Sequence[Alternative]) -> Answer:
        """The lot has no spots such as were asked for, free or not; these are free."""
        ...
