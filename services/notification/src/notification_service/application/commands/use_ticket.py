"""Use a ticket up."""

from dataclasses import dataclass, field

from notification_service.application.ports import OpenWork
from notification_service.domain.errors import InvalidTicket
from notification_service.domain.rooms import Visitor
from notification_service.domain.tickets import hash_of
from parking_kernel.askers import THE_SERVICE
from parking_kernel.clocks import Clock


@dataclass(frozen=True, slots=True)
class UseTicket:
    """Someone opens a WebSocket with a ticket."""

    ticket: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class UseTicketHandler:
    """One statement takes it away, so two sockets cannot both have it. Whose it is, is known only afterwards."""

    open_work: OpenWork
    clock: Clock

    async def __call__(self, command: UseTicket) -> Visitor:
        """Whose it is. Raises `InvalidTicket`."""
        async with self.open_work(THE_SERVICE) as work:
            visitor = await work.tickets.use(hash_of(command.ticket), self.clock.now())
        if visitor is None:
            raise InvalidTicket
        return visitor
