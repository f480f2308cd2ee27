"""Give out a ticket for a WebSocket."""

import secrets
from dataclasses import dataclass

from notification_service.application.ports import OpenWork
from notification_service.domain.rooms import Visitor
from notification_service.domain.tickets import LIFETIME, Ticket, hash_of
from parking_kernel.clocks import Clock

_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class IssueTicket:
    """Someone who is signed in wants to open a WebSocket where no header can be set."""

    visitor: Visitor


@dataclass(frozen=True, slots=True)
class IssueTicketHandler:
    """A secret that counts once, for 30 seconds."""

    open_work: OpenWork
    clock: Clock

    async def __call__(self, command: IssueTicket) -> tuple[str, int]:
        """The ticket, and for how many seconds it counts."""
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        async with self.open_work(command.visitor.asker) as work:
            await work.tickets.add(Ticket(hash_of(secret), command.visitor, self.clock.now() + LIFETIME))
        return secret, int(LIFETIME.total_seconds())
