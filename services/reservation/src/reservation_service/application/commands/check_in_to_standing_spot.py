"""Let a car in, onto a spot that is there."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Concatenate

from reservation_service.application.commands.check_in import CheckIn
from reservation_service.application.commands.settle_booking import SettleBooking, SettleBookingHandler
from reservation_service.application.ports import Tokens
from reservation_service.domain.errors import InvalidCredential, UnknownReservation


@dataclass(frozen=True)
class CheckInToStandingSpotHandler[**More, Answered]:
    """First settles what a change of supply has left of the booking, then decides as ever.

    A car that comes before the change's job has come to its booking is let in to the spot that it was moved to, or is
    denied because the booking was cancelled; the gate never opens onto a spot that is gone.
    """

    check_in: Callable[Concatenate[CheckIn, More], Awaitable[Answered]]
    settle_booking: SettleBookingHandler
    tokens: Tokens

    async def __call__(self, command: CheckIn, *more: More.args, **named: More.kwargs) -> Answered:
        """What `check_in` answers."""
        with suppress(InvalidCredential, UnknownReservation):
            await self.settle_booking(SettleBooking(self.tokens.reservation_of(command.credential)))
        return await self.check_in(command, *more, **named)
