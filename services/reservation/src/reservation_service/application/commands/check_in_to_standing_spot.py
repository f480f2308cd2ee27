"""Let a car in, onto a spot that is there."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Concatenate

from reservation_service.application.commands.check_in import CheckIn
from reservation_service.application.commands.settle_booking import SettleBooking, SettleBookingHandler
from reservation_service.application.ports import Tokens
from reservation_service.domain.errors import InvalidCredential, UnknownReservation


def check_in_to_standing_spot[**More, Answered](
    check_in: Callable[Concatenate[CheckIn, More], Awaitable[Answered]],
    settle_booking: SettleBookingHandler,
    tokens: Tokens,
) -> Callable[Concatenate[CheckIn, More], Awaitable[Answered]]:
    """`check_in`, which first has what a change of supply left of the booking settled, and then decides as ever.

    A car that comes before the change's job has come to its booking is let in to the spot that it was moved to, or is
    denied because the booking was cancelled; the gate never opens onto a spot that is gone.
    """

    async def settled(command: CheckIn, *more: More.args, **named: More.kwargs) -> Answered:
        with suppress(InvalidCredential, UnknownReservation):
            await settle_booking(SettleBooking(tokens.reservation_of(command.credential)))
        return await check_in(command, *more, **named)

    return settled
