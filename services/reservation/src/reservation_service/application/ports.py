"""What the use cases need from outside, by plain nouns. Adapters and fakes stand behind them."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from parking_kernel.money import Money
from parking_kernel.opening_hours import OpeningHours
from parking_kernel.pages import Position
from parking_kernel.periods import Period
from parking_kernel.pricing import Price
from parking_kernel.repeatable import Answer, RequestKey
from parking_kernel.tariffs import Tariff
from reservation_service.domain.charges import Charge
from reservation_service.domain.gates import GateVerdict
from reservation_service.domain.incoming_payments import OutboxState, TakenIn
from reservation_service.domain.lots import Closure, Lot, Spot, TariffVersion
from reservation_service.domain.reservations import Reservation, ReservationState


class TooBusy(Exception):
    """So many want the same spots that none was got in reasonable time, though some may be free."""


class Lots(Protocol):
    """The own copies of lots, spots and tariffs."""

    async def get(self, parking_lot_id: UUID) -> Lot:
        """A lot with the tariff in force. Raises `UnknownLot`."""
        ...

    async def pinned_tariff(self, parking_lot_id: UUID, tariff_id: UUID) -> tuple[Tariff, ZoneInfo]:
        """The tariff version that a booking was made under, and its lot's zone. Raises `UnknownLot`."""
        ...

    async def near(self, parking_lot_id: UUID, limit: int) -> Sequence[tuple[Lot, float]]:
        """Other open lots nearby that have prices, with their distance in metres, the nearest first."""
        ...


@dataclass(frozen=True, slots=True)
class LotCopy:
    """A lot as parking last told it."""

    id: UUID
    organization_id: UUID
    name: str
    time_zone: str
    latitude: float
    longitude: float
    is_open: bool
    opening_hours: OpeningHours | None
    closures: Sequence[Closure]
    tariff_id: UUID | None
    version: int


@dataclass(frozen=True, slots=True)
class SpotCopy:
    """A spot as parking last told it."""

    id: UUID
    parking_lot_id: UUID
    number: str
    type: str
    in_service: bool
    version: int


class Copies(Protocol):
    """Where what parking tells is kept. An older version than the kept one changes nothing."""

    async def keep_lot(self, lot: LotCopy) -> None:
        """Keep a lot. The tariff in force stays until the one that the event names is here."""
        ...

    async def keep_spots(self, spots: Sequence[SpotCopy]) -> None:
        """Keep spots."""
        ...

    async def keep_tariff(self, version: TariffVersion) -> None:
        """Keep a tariff version. The lots that wait for it are priced by it from now on."""
        ...


class Allocations(Protocol):
    """Whose each spot's time is. The database alone refuses a double booking (decision 0001)."""

    async def take(self, reservation: ReservationState) -> bool:
        """Take the spot's time; false when any of it is taken."""
        ...

    async def free(self, reservation_id: UUID) -> None:
        """Give all time back that a reservation holds."""
        ...

    async def free_spots(self, parking_lot_id: UUID, period: Period, spot_type: str | None) -> Sequence[Spot]:
        """All spots in service that are free for the whole period, by number."""
        ...

    async def free_spot(self, wish: "Wish") -> Spot | None:
        """One of those that a wish for any spot, or any of a type, could be met with."""
        ...


class Reservations(Protocol):
    """The reservations."""

    async def get(self, reservation_id: UUID) -> Reservation:
        """One reservation, locked until the transaction ends. Raises `UnknownReservation`."""
        ...

    async def get_all(self, reservation_ids: Collection[UUID]) -> Mapping[UUID, Reservation]:
        """Reservations, locked until the transaction ends. Raises `UnknownReservation`."""
        ...

    async def read(self, reservation_id: UUID) -> ReservationState:
        """One reservation, not locked. Raises `UnknownReservation`."""
        ...

    async def save(self, reservation: Reservation) -> None:
        """Keep a changed reservation. Raises `ChangedMeanwhile`."""
        ...

    async def of_user(self, user_id: UUID, after: Position | None, limit: int) -> Sequence[ReservationState]:
        """A driver's reservations, the newest first, after a position."""
        ...

    async def of_lot(self, parking_lot_id: UUID, after: Position | None, limit: int) -> Sequence[ReservationState]:
        """A lot's reservations, the newest first, after a position."""
        ...

    async def hold_is_overdue(self, at: datetime) -> bool:
        """Whether any hold was due by an instant."""
        ...

    async def overdue(
        self, at: datetime, limit: int, in_the_way_of: "Wish | None" = None, *, held: Collection[UUID] = ()
    ) -> Sequence[Reservation]:
        """Holds that were due by an instant, without those of `held` reservations, the oldest first, locked.

        Who asks too waits, and gets what is left.
        """
        ...

    async def missed(self, at: datetime, after: Position | None, limit: int) -> Sequence[Position]:
        """Ends and ids of confirmed ones whose period was over by an instant, the oldest first, after a position."""
        ...


class PaymentsSeen(Protocol):
    """Up to when everything that payment committed has been taken in."""

    async def read(self) -> TakenIn:
        """Holds that fell due after that, and those of held reservations, must wait: their money may be on the way."""
        ...

    async def note(self, seen: TakenIn) -> None:
        """Replace what was noted, unless a later instant is noted already."""
        ...


class Time(Protocol):
    """The database's clock, by which holds are measured."""

    async def now(self) -> datetime:
        """The present instant."""
        ...


class Events(Protocol):
    """Where domain events go, in the transaction of what they tell of."""

    async def publish(self, *reservations: Reservation) -> None:
        """Have everything that happened to the reservations told to the other services."""
        ...


class Work(Protocol):
    """One transaction's repositories."""

    @property
    def lots(self) -> Lots:
        """The own copies of lots."""
        ...

    @property
    def copies(self) -> Copies:
        """Where what parking tells is kept."""
        ...

    @property
    def allocations(self) -> Allocations:
        """Whose each spot's time is."""
        ...

    @property
    def reservations(self) -> Reservations:
        """The reservations."""
        ...

    @property
    def payments_seen(self) -> PaymentsSeen:
        """How far payment's events have been taken in."""
        ...

    @property
    def time(self) -> Time:
        """The database's clock."""
        ...

    @property
    def events(self) -> Events:
        """Where events go."""
        ...


OpenWork = Callable[[], AbstractAsyncContextManager[Work]]
"""Opens a transaction that commits when its block ends, and rolls back when the block raises."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A lot with spots to try for a period, the best fit first, by the database's clock.

    `is_taken`: the named spot is not free. `hold_is_overdue`: a hold that may be let go is in the way. All at once.
    """

    lot: Lot
    spots: Sequence[Spot]
    hold_is_overdue: bool
    as_of: datetime
    is_taken: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """What someone wants to reserve: one spot, or any of a kind, or any."""

    parking_lot_id: UUID
    period: Period
    spot_id: UUID | None = None
    spot_type: str | None = None


class Bookings(Protocol):
    """The hot path: few round trips, and all of a booking in one statement (decision 0018)."""

    async def find(self, wish: Wish, limit: int) -> Offer:
        """The lot, and the spots to try; a named spot whether it is free or not, others only if they are.

        Raises `UnknownLot`, and `UnknownSpot` for a named one.
        """
        ...

    async def free_spots(self, wish: Wish) -> tuple[Lot, Sequence[Spot], datetime]:
        """The lot, and its free spots of the type, or all, by number, at the instant. Raises `UnknownLot`."""
        ...

    async def book(self, reservation: Reservation, key: RequestKey, answer: Answer) -> Answer | None:
        """Write hold, spot's time, events and answer: all, or nothing when the time is taken (then none is answered).

        Where the key was used before, the first answer. Raises `KeyReused` and `InFlight`.
        """
        ...

    async def earlier(self, key: RequestKey) -> Answer | None:
        """The first answer to this key. Raises `KeyReused` and `InFlight`."""
        ...

    async def refuse(self, key: RequestKey, answer: Answer) -> Answer:
        """Keep a refusal under its key; what is answered. Raises `KeyReused` and `InFlight`."""
        ...

    async def forget_answers(self, older_than: timedelta, limit: int) -> int:
        """Delete answers that were kept for longer; how many, at most `limit`."""
        ...


class Attempts(Protocol):
    """Does the same for each of many things, so that one which fails holds up no other."""

    async def attempt(self, thing: UUID, action: Callable[[], Awaitable[bool]]) -> bool:
        """Whether it was done. False where it failed: that is recorded, and tried again after a growing pause."""
        ...


class Turns(Protocol):
    """So many bookings try at once, so that what one found free is still free when it books."""

    def taken(self) -> AbstractAsyncContextManager[None]:
        """A turn, for as long as the block lasts. Raises `TooBusy` when it takes too long to come."""
        ...


class PaymentOutbox(Protocol):
    """What payment has committed and not yet published."""

    async def state(self) -> OutboxState:
        """How far payment's events have left, by what was committed at the question; not clear while it is away."""
        ...


class PaymentBacklog(Protocol):
    """What payment published and this service has not taken in yet."""

    async def is_taken_in(self) -> bool:
        """Whether all that was published by the question is taken in; false too while Kafka does not answer."""
        ...


class Tokens(Protocol):
    """Signs what others must be able to trust without asking: charges and gate credentials."""

    def charge(self, reservation: ReservationState, charge: Charge, at: datetime) -> str:
        """A token that `POST /payments` accepts: until the hold ends, else for a quarter of an hour from `at`."""
        ...

    def credential(self, reservation: ReservationState) -> str:
        """What the QR code holds: reservation and lot, never the spot, so that it stays valid when the spot changes."""
        ...

    def reservation_of(self, credential: str) -> UUID:
        """The reservation of a credential. Raises `InvalidCredential`."""
        ...


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """What a gate is told: whether it opens, which stay it is, and what is owed."""

    verdict: GateVerdict
    parking_session_id: UUID | None = None
    amount_due: Money | None = None


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another way to park: same lot, nearby time or nearby lot; true at `as_of`."""

    parking_lot_id: UUID
    spot: Spot
    period: Period
    price: Price
    distance_m: int
    as_of: datetime


class Alternatives(Protocol):
    """What else could be reserved."""

    async def find(self, wish: Wish) -> Sequence[Alternative]:
        """The nearest ways to park otherwise; worked out at most once a second for a lot and a window."""
        ...


class Presentation(Protocol):
    """How outcomes are answered: what is kept for a repeated request is the answer itself."""

    def booked(self, reservation: ReservationState, charge_token: str | None) -> Answer:
        """The hold stands; without a token nothing is to be paid."""
        ...

    def taken(self, alternatives: Sequence[Alternative]) -> Answer:
        """The time is taken; these are free."""
        ...
