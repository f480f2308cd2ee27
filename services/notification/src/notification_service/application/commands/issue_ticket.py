"""Give out a ticket for a WebSocket."""

from dataclasses import dataclass
from datetime import timedelta

from notification_service.application.ports import OpenWork, Secrets, Ticket
from notification_service.domain.rooms import Visitor
from parking_kernel.clocks import Clock

_LIFETIME = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class IssueTicket:
    """Someone who is signed in wants to open a WebSocket where no header can be set."""

    visitor: Visitor


@dataclass(frozen=True, slots=True)
class IssueTicketHandler:
    """A secret that counts once, for 30 seconds: it may stand in a URL, where a token may not."""

    open_work: OpenWork
    secrets: Secrets
    clock: Clock

    async def __call__(self, command: IssueTicket) -> tuple[str, int]:
        """The ticket, and for how many seconds it counts."""
        secret = self.secrets.new()
        ticket = Ticket(self.secrets.hash(secret), command.visitor, self.clock.now() + _LIFETIME)
        async with self.open_work() as work:
            await work.tickets.keep(ticket)
        return secret, int(_LIFETIME.total_seconds())
