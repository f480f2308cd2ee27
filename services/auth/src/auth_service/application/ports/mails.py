"""The mails that auth sends itself."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from auth_service.domain.mails import MailKind, MailToken, QueuedMail, TokenPurpose


class Mails(Protocol):
    """Mails to be sent, and the tokens of their links."""

    async def queue(self, user_id: UUID, kind: MailKind, at: datetime) -> None:
        """Have a mail sent soon after this transaction."""
        ...

    async def queue_to_address(self, email: str, kind: MailKind, at: datetime) -> None:
        """Have a mail sent to the verified account of an address; one to verify it, to the newest that is not.

        Where there is no such account nothing is sent, and it is as much work.
        """
        ...

    async def remove(self, mail_id: UUID) -> None:
        """Send it never: its user has no address that it may go to."""
        ...

    async def queued_since(self, user_id: UUID, kind: MailKind, since: datetime) -> bool:
        """Whether such a mail was queued, sent or tried at this time or later."""
        ...

    async def claim(self, at: datetime, until: datetime, limit: int) -> Sequence[QueuedMail]:
        """The oldest mails that are due and not given up (`MAX_ATTEMPTS`); nobody else gets them before `until`."""
        ...

    async def sent(self, mail_id: UUID, at: datetime) -> None:
        """Note that a mail went out."""
        ...

    async def failed(self, mail_id: UUID, again_at: datetime) -> None:
        """Note that an attempt failed."""
        ...

    async def store_token(self, token: MailToken) -> None:
        """Store a token that is about to be sent."""
        ...

    async def use_token(self, secret_hash: bytes, purpose: TokenPurpose, at: datetime) -> UUID | None:
        """Use a token up; the user it was sent to, or nothing when it does not count."""
        ...

    async def purge(self, at: datetime, limit: int) -> int:
        """Delete mails sent or given up since `STORED_WHEN_SENT`, and expired tokens.

        How many were deleted; of each of the three up to `limit`, and less than `limit` only when nothing is left.
        """
        ...


@dataclass(frozen=True, slots=True)
class Registration:
    """An account that may confirm the address of a letter, with the secret of its link."""

    full_name: str = field(repr=False)
    secret: str = field(repr=False)
    registered_at: datetime
    registered_from: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail's content before it is written: the kind, to whom, since when they are here, and the link's secret.

    `others` are the other accounts that share the address, each with a link of its own.
    """

    kind: MailKind
    email: str = field(repr=False)
    full_name: str = field(repr=False)
    secret: str | None = field(repr=False)
    registered_at: datetime
    registered_from: str | None = field(default=None, repr=False)
    others: Sequence[Registration] = ()


class MailSender(Protocol):
    """Sends a mail."""

    async def send(self, letter: Letter) -> None:
        """Hand a mail over. Raises `MailUnsent` when the server is away or refuses it."""
        ...


class MailUnsent(Exception):
    """The mail server is away, or refused the mail."""
