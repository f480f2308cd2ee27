"""Hold a spot's time for a driver."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from parking_kernel.clocks import NewId
from parking_kernel.periods import InvalidPeriod
from parking_kernel.pricing import price
from parking_kernel.repeatable import Answer, RequestKey
from reservation_service.application.commands.expire_holds import ExpireHolds, ExpireHoldsHandler
from reservation_service.application.ports import (
    Alternatives,
    Bookings,
    Offer,
    Presentation,
    Tokens,
    TooBusy,
    Turns,
    Wish,
)
from reservation_service.domain.errors import ReservationError, WrongSpotType
from reservation_service.domain.lots import check_open
from reservation_service.domain.periods import check_bookable
from reservation_service.domain.reservations import Reservation

_CANDIDATES = 4
_PATIENCE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class ReserveSpot:
    """A driver wants a spot's time. `key` makes a repeated request harmless."""

    user_id: UUID
    wish: Wish
    key: RequestKey
    presentation: Presentation
    vehicle_plate: str | None = field(default=None, repr=False)


@dataclass(slots=True)
class _Crowd:
    """All of this process who want the same at this moment.

    Whoever looks and sees that nothing is free has seen it for all who had asked by then: at that instant, after they
    asked and before they are answered, their refusal was right too. Who asks later looks anew.
    """

    size: int = 0
    _now: int = 0
    _looked: int = 0
    _seen: Offer | None = None

    def next_moment(self) -> int:
        """Tells which came first: an asking or a look."""
        self._now += 1
        return self._now

    def nothing_is_free(self, looked: int, offer: Offer) -> None:
        """What was seen by a look that began at that moment."""
        if looked > self._looked:
            self._looked, self._seen = looked, offer

    def refusal(self, asked: int) -> Offer | None:
        """What was seen when nothing was free, if somebody looked since that moment."""
        return self._seen if self._looked > asked else None


@dataclass(frozen=True, slots=True)
class ReserveSpotHandler:
    """Tries the spots that fit best, one statement each, until one is the driver's or none is free."""

    bookings: Bookings
    expire_holds: ExpireHoldsHandler
    alternatives: Alternatives
    turns: Turns
    tokens: Tokens
    new_id: NewId
    being_tried: set[UUID] = field(default_factory=set[UUID])
    """Spots that others of this process are just booking; who may have any tries those last."""
    crowds: dict[Wish, _Crowd] = field(default_factory=dict[Wish, _Crowd])

    async def __call__(self, command: ReserveSpot) -> Answer:
        """The answer, a repeated one where the key came before.

        Raises `UnknownLot`, `UnknownSpot`, `WrongSpotType`, `InvalidPeriod`, `LotNotBookable`, `TooBusy`, `KeyReused`
        and `InFlight`.
        """
        try:
            return await self._reserve(command)
        except (ReservationError, InvalidPeriod):
            # What was answered once is answered again, even if by now the request itself would be refused.
            if answer := await self.bookings.earlier(command.key):
                return answer
            raise

    async def _reserve(self, command: ReserveSpot) -> Answer:
        """A spot, or a refusal that was right at one instant: nothing free then, and no overdue hold in the way."""
        crowd = self.crowds.setdefault(command.wish, _Crowd())
        crowd.size += 1
        asked = crowd.next_moment()
        try:
            async with self.turns.taken():
                offer, answer = await self._try(command, crowd, asked)
        finally:
            crowd.size -= 1
            if not crowd.size:
                del self.crowds[command.wish]
        return answer or await self._refuse(command, offer)

    async def _try(self, command: ReserveSpot, crowd: _Crowd, asked: int) -> tuple[Offer, Answer | None]:
        """What was offered last, and the answer when it was got.

        As long as spots are free, losing one only means that another client got it, so another is tried: in the same
        turn, for who has waited once is not sent to the end of the queue.
        """
        began: datetime | None = None
        while True:
            if seen := crowd.refusal(asked):
                return seen, None
            looked = crowd.next_moment()
            offer = await self.bookings.find(command.wish, _CANDIDATES)
            _check(command.wish, offer)
            if not offer.is_taken and (answer := await self._book_one(command, offer)):
                return offer, answer
            if offer.hold_is_overdue:
                await self.expire_holds(ExpireHolds(command.wish))
            elif offer.is_taken or not offer.spots:
                crowd.nothing_is_free(looked, offer)
                return offer, None
            elif command.wish.spot_id:
                return offer, None
            began = began or offer.as_of
            if offer.as_of - began > _PATIENCE:
                raise TooBusy

    async def _book_one(self, command: ReserveSpot, offer: Offer) -> Answer | None:
        cost = price(offer.lot.priced_by.tariff, command.wish.period, offer.lot.zone)
        left = list(offer.spots)
        while left:
            spot = min(left, key=lambda each: each.id in self.being_tried)
            left.remove(spot)
            reservation = Reservation.hold(
                self.new_id(offer.as_of),
                user_id=command.user_id,
                lot=offer.lot,
                spot=spot,
                period=command.wish.period,
                price=cost,
                charge_id=self.new_id(offer.as_of),
                vehicle_plate=command.vehicle_plate,
                at=offer.as_of,
            )
            charge = reservation.state.payable
            token = self.tokens.charge(reservation.state, charge, offer.as_of) if charge else None
            answer = command.presentation.booked(reservation.state, token)
            self.being_tried.add(spot.id)
            try:
                given = await self.bookings.book(reservation, command.key, answer)
            finally:
                self.being_tried.discard(spot.id)
            if given:
                return given
        return None

    async def _refuse(self, command: ReserveSpot, offer: Offer) -> Answer:
        wish = command.wish
        if wish.spot_id:
            wish = replace(wish, spot_id=None, spot_type=offer.spots[0].type)
        alternatives = await self.alternatives.find(wish)
        return await self.bookings.refuse(command.key, command.presentation.taken(alternatives))


def _check(wish: Wish, offer: Offer) -> None:
    check_bookable(wish.period, offer.as_of)
    check_open(offer.lot, wish.period)
    for spot in offer.spots:
        if wish.spot_type and spot.type != wish.spot_type:
            raise WrongSpotType(spot.type)
