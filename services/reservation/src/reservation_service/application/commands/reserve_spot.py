"""Hold a spot's time for a driver."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from reservation_service.application.commands.expire_holds import ExpireHolds, ExpireHoldsHandler
from reservation_service.application.ports import (
    Alternative,
    Alternatives,
    Answer,
    Bookings,
    NewId,
    Offer,
    RequestKey,
    Tokens,
    Wish,
)
from reservation_service.domain.errors import ReservationError
from reservation_service.domain.lots import Spot, check_open
from reservation_service.domain.periods import check_bookable
from reservation_service.domain.pricing import price
from reservation_service.domain.reservations import Reservation, ReservationState

_CANDIDATES = 8
_ROUNDS = 4


class Presentation(Protocol):
    """How outcomes are answered: what is kept for a repeated request is the answer itself."""

    def booked(self, reservation: ReservationState, charge_token: str) -> Answer:
        """The hold stands."""
        ...

    def taken(self, alternatives: Sequence[Alternative]) -> Answer:
        """The time is taken; these are free."""
        ...


@dataclass(frozen=True, slots=True)
class ReserveSpot:
    """A driver wants a spot's time. `key` makes a repeated request harmless."""

    user_id: UUID
    wish: Wish
    key: RequestKey
    presentation: Presentation
    vehicle_plate: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ReserveSpotHandler:
    """Tries the spots that fit best, one statement each, until one is the driver's or none is free."""

    bookings: Bookings
    expire_holds: ExpireHoldsHandler
    alternatives: Alternatives
    tokens: Tokens
    new_id: NewId

    async def __call__(self, command: ReserveSpot) -> Answer:
        """The answer, a repeated one where the key came before.

        Raises `UnknownLot`, `UnknownSpot`, `InvalidPeriod`, `LotNotBookable`, `KeyReused` and `InFlight`.
        """
        try:
            return await self._reserve(command)
        except ReservationError:
            # What was answered once is answered again, even if by now the request itself would be refused.
            if answer := await self.bookings.earlier(command.key):
                return answer
            raise

    async def _reserve(self, command: ReserveSpot) -> Answer:
        answer = await self._try_spots(command)
        if answer is None and await self.expire_holds(ExpireHolds(command.wish)):
            answer = await self._try_spots(command)
        if answer is not None:
            return answer
        alternatives = await self.alternatives.find(command.wish)
        return await self.bookings.refuse(command.key, command.presentation.taken(alternatives))

    async def _try_spots(self, command: ReserveSpot) -> Answer | None:
        for _ in range(_ROUNDS):
            offer = await self.bookings.find(command.wish, _CANDIDATES)
            check_bookable(command.wish.period, offer.as_of)
            check_open(offer.lot, command.wish.period)
            for spot in offer.spots:
                if answer := await self._book(command, offer, spot):
                    return answer
            if command.wish.spot_id or not offer.spots:
                break
        return None

    async def _book(self, command: ReserveSpot, offer: Offer, spot: Spot) -> Answer | None:
        reservation = Reservation.hold(
            self.new_id(),
            user_id=command.user_id,
            lot=offer.lot,
            spot=spot,
            period=command.wish.period,
            price=price(offer.lot.tariff, command.wish.period, offer.lot.zone),
            charge_id=self.new_id(),
            vehicle_plate=command.vehicle_plate,
            at=offer.as_of,
        )
        token = self.tokens.charge(reservation.state, reservation.state.charges[0])
        answer = command.presentation.booked(reservation.state, token)
        return await self.bookings.book(reservation, command.key, answer)
