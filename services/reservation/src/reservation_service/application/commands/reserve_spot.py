"""Hold a spot's time for a driver."""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

from parking_kernel.clocks import NewId
from parking_kernel.money import Money
from parking_kernel.periods import InvalidPeriod
from parking_kernel.repeatable import Answer, RequestKey
from reservation_service.application.commands.expire_holds import ExpireHolds, ExpireHoldsHandler
from reservation_service.application.ports import (
    Alternatives,
    BookingAnswers,
    BookingAttempt,
    Bookings,
    Candidates,
    Hold,
    SpotRequest,
    StaleCandidates,
    Tokens,
    TooBusy,
)
from reservation_service.domain.errors import IncompleteLot, ReservationError, WrongSpotType
from reservation_service.domain.lots import LEAST_STAY, Lot, Spot, check_bookable, check_open
from reservation_service.domain.newcomers import is_new
from reservation_service.domain.quotes import PriceTerms, Quote
from reservation_service.domain.reservations import Reservation

_CANDIDATES = 4
_PATIENCE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class ReserveSpot:
    """A driver wants a spot's time, for what was quoted or for at most a total. `key` makes a repeat harmless."""

    user_id: UUID
    request: SpotRequest
    key: RequestKey
    vehicle_plate: str | None = field(default=None, repr=False)
    quote_id: str | None = field(default=None, repr=False)
    max_total: Money | None = None


@dataclass(frozen=True, slots=True)
class ReserveSpotHandler:
    """Tries the spots that fit best, one statement each, until one is the driver's or none is free."""

    bookings: Bookings
    expire_holds: ExpireHoldsHandler
    alternatives: Alternatives
    tokens: Tokens
    new_id: NewId
    least_stay: timedelta = LEAST_STAY

    async def __call__(self, command: ReserveSpot, answers: BookingAnswers) -> Answer:
        """The answer, a repeated one where the key came before.

        Raises `UnknownLot`, `UnknownSpot`, `WrongSpotType`, `InvalidPeriod`, `LotNotBookable`, `InvalidQuote`,
        `UnfitTerms`, `QuoteExpired`, `PriceChanged`, `TooBusy`, `KeyReused` and `InFlight`.
        """
        quote = self.tokens.quote_of(command.quote_id) if command.quote_id else None
        request = replace(command.request, tariff_id=quote.tariff_id) if quote else command.request
        terms = PriceTerms(quote, command.max_total) if quote or command.max_total else None
        async with self.bookings.attempt(request) as attempt:
            try:
                candidates, answer = await self._try(command, terms, attempt, answers)
            except (ReservationError, InvalidPeriod):
                # What was answered once is answered again, even if by now the request itself would be refused.
                if answer := await attempt.earlier(command.key):
                    return answer
                raise
            if answer is None and not candidates.has_such_spots:
                answer = await attempt.earlier(command.key)
        # Alternatives are worked out after the attempt: while many are refused, others try.
        return answer or await self._refuse(command, candidates, answers)

    async def _try(
        self, command: ReserveSpot, terms: PriceTerms | None, attempt: BookingAttempt, answers: BookingAnswers
    ) -> tuple[Candidates, Answer | None]:
        """What was seen last, and the answer when a spot was got.

        Without an answer a refusal is right: at one instant nothing was free, and no overdue hold was in the way. As
        long as spots are free, losing one only means that another client got it, so another is tried: in the same
        attempt, for a client that has waited once is not sent to the end of the queue. What changed since it was read
        is read again.
        """
        request = command.request
        first: Candidates | None = None
        held: tuple[Lot, Hold] | None = None
        while True:
            candidates = await attempt.find(_CANDIDATES)
            _check(request, terms, candidates, self.least_stay)
            first = first or candidates
            is_refused = False
            if candidates.spots and not candidates.is_taken:
                if held is None or held[0] != candidates.lot:
                    held = candidates.lot, self._hold(command, candidates, answers)
                with suppress(StaleCandidates):
                    if answer := await attempt.book(candidates, held[1], command.key):
                        return candidates, answer
                    is_refused = bool(request.spot_id)
            else:
                is_refused = candidates.nothing_is_free
            if candidates.hold_is_overdue:
                await self.expire_holds(ExpireHolds(request))
            elif is_refused:
                return candidates, None
            if candidates.as_of - first.as_of > _PATIENCE:
                raise TooBusy

    def _hold(self, command: ReserveSpot, candidates: Candidates, answers: BookingAnswers) -> Hold:
        """Makes the hold on each spot: with the same ids and price, and the same token, which names no spot."""
        lot, at, period = candidates.lot, candidates.as_of, command.request.period
        reservation_id, charge_id, cost = self.new_id(at), self.new_id(at), lot.price(period)
        token: str | None = None

        def hold(spot: Spot) -> tuple[Reservation, Answer]:
            nonlocal token
            reservation = Reservation.hold(
                reservation_id,
                user_id=command.user_id,
                lot=lot,
                spot=spot,
                period=period,
                price=cost,
                charge_id=charge_id,
                vehicle_plate=command.vehicle_plate,
                at=at,
            )
            if token is None and (charge := reservation.state.payable):
                token = self.tokens.charge(reservation.state, charge, at)
            return reservation, answers.booked(reservation.state, lot, token)

        return hold

    async def _refuse(self, command: ReserveSpot, candidates: Candidates, answers: BookingAnswers) -> Answer:
        request = command.request
        if request.spot_id:
            request = replace(request, spot_id=None, spot_type=candidates.spots[0].type)
        alternatives = await self.alternatives.find(request)
        if not candidates.has_such_spots:
            # Not stored under the key: spots that were added a moment ago may not be known here yet.
            return answers.no_such_spots(candidates.lot, alternatives)
        return await self.bookings.refuse(command.key, answers.taken(alternatives))


def _check(request: SpotRequest, terms: PriceTerms | None, candidates: Candidates, least_stay: timedelta) -> None:
    if terms and (quote := terms.quote):
        quote.check_fits(request.parking_lot_id, request.period, _type_as_quoted(request, quote, candidates))
    check_bookable(request.period, candidates.as_of, least_stay)
    check_open(candidates.lot, request.period)
    if not candidates.has_such_spots and is_new(candidates.lot.id, candidates.as_of):
        raise IncompleteLot(candidates.lot.id, f"{candidates.lot.name} has no such spots yet; ask again in a moment.")
    for spot in candidates.spots:
        if request.spot_type and spot.type != request.spot_type:
            raise WrongSpotType(spot.type)
    if terms:
        terms.check(candidates.lot, request.period, candidates.as_of)


def _type_as_quoted(request: SpotRequest, quote: Quote, candidates: Candidates) -> str | None:
    """What the quote is to be compared with: a named spot is of its own type, and a quote for any spot covers it."""
    if not request.spot_id:
        return request.spot_type
    return candidates.spots[0].type if quote.spot_type else None
