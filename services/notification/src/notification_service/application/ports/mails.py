"""Mails: who gets them, and where they go."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from notification_service.application.ports.copies import LotCopy
from notification_service.domain.deliveries import DeliveryState, Failure
from notification_service.domain.notifications import NotificationState


@dataclass(frozen=True, slots=True)
class Contact:
    """How a user is reached, asked for when a mail is sent and stored nowhere."""

    email: str = field(repr=False)
    full_name: str = field(repr=False)
    locale: str


class ContactsAway(Exception):
    """Auth does not answer now."""


class Contacts(Protocol):
    """Auth, which alone knows addresses."""

    async def of(self, user_id: UUID) -> Contact | Failure:
        """A user's contact, or why no mail may go to them: there is no such user any more, or nobody has shown that the
        address is theirs. Raises `ContactsAway`.
        """
        ...


Following = Callable[[DeliveryState], AbstractContextManager[None]]
"""Goes on, for the length of a block, in the trace of the event that a claimed delivery is about."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to be written: to whom, about what, where. `delivery_id` makes a repeat recognisable."""

    delivery_id: UUID
    contact: Contact
    notification: NotificationState
    lot: LotCopy


class MailServerAway(Exception):
    """Nobody takes mail now."""


class MailPutOff(Exception):
    """The server does not want this mail now (4xx)."""


class MailRefused(Exception):
    """The server will never take a mail to this address (5xx)."""


class MailSender(Protocol):
    """Where mails go."""

    async def send(self, letter: Letter) -> None:
        """Hand a mail over. Raises `MailServerAway`, `MailPutOff` and `MailRefused`."""
        ...
