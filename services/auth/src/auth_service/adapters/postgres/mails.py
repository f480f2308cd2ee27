"""The mail queue and the tokens of its links in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, and_, delete, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from auth_service.adapters.postgres.tables import account_mails, mail_tokens, users
from auth_service.domain.mails import (
    MAX_ATTEMPTS,
    STORED_WHEN_SENT,
    MailKind,
    MailToken,
    QueuedMail,
    TokenPurpose,
)
from auth_service.domain.users import normalised_email
from parking_chassis.claims import ClaimQueue
from parking_chassis.tables import instant, is_among
from parking_kernel.clocks import NewId

_QUEUE = ClaimQueue(
    account_mails, waits=and_(account_mails.c.sent_at.is_(None), account_mails.c.attempts < MAX_ATTEMPTS)
)


class PostgresMails:
    """See `auth_service.application.ports.Mails`."""

    def __init__(self, connection: AsyncConnection, new_id: NewId) -> None:
        self._connection = connection
        self._new_id = new_id

    async def queue(self, user_id: UUID, kind: MailKind, at: datetime) -> None:
        """Have a mail sent soon after this transaction."""
        values = {"id": self._new_id(at), "user_id": user_id, "kind": kind.value, "due_at": at}
        await self._connection.execute(insert(account_mails).values(values))

    async def queue_to_address(self, email: str, kind: MailKind, at: datetime) -> None:
        """Have a mail sent to the verified account of an address; one to verify it, to the newest that is not."""
        is_verified = users.c.is_verified if kind is not MailKind.VERIFY_EMAIL else ~users.c.is_verified
        recipient = (
            select(literal(self._new_id(at), Uuid), users.c.id, literal(kind.value), literal(at, instant()))
            .where(users.c.email == normalised_email(email), is_verified)
            .order_by(users.c.id.desc())
            .limit(1)
        )
        await self._connection.execute(
            insert(account_mails).from_select(["id", "user_id", "kind", "due_at"], recipient)
        )

    async def remove(self, mail_id: UUID) -> None:
        """Send it never."""
        await self._connection.execute(delete(account_mails).where(account_mails.c.id == mail_id))

    async def queued_since(self, user_id: UUID, kind: MailKind, since: datetime) -> bool:
        """Whether such a mail was queued, sent or tried at this time or later."""
        # Trying again moves `due_at` on, so it is the last of these times.
        last_time = func.greatest(account_mails.c.due_at, account_mails.c.sent_at)
        mine = (account_mails.c.user_id == user_id) & (account_mails.c.kind == kind.value) & (last_time >= since)
        return (await self._connection.execute(select(account_mails.c.id).where(mine).limit(1))).first() is not None

    async def claim(self, at: datetime, until: datetime, limit: int) -> Sequence[QueuedMail]:
        """The oldest mails that are due and not given up (`MAX_ATTEMPTS`); nobody else gets them before `until`."""
        claimed = await _QUEUE.claim(self._connection, at=at, until=until, limit=limit)
        return [QueuedMail(row["id"], row["user_id"], MailKind(row["kind"]), row["attempts"]) for row in claimed]

    async def sent(self, mail_id: UUID, at: datetime) -> None:
        """Note that a mail went out."""
        await self._connection.execute(update(account_mails).where(account_mails.c.id == mail_id).values(sent_at=at))

    async def failed(self, mail_id: UUID, again_at: datetime) -> None:
        """Note that an attempt failed."""
        values = {"due_at": again_at, "attempts": account_mails.c.attempts + 1}
        await self._connection.execute(update(account_mails).where(account_mails.c.id == mail_id).values(values))

    async def store_token(self, token: MailToken) -> None:
        """Store a token that is about to be sent."""
        values = {
            "secret_hash": token.secret_hash,
            "user_id": token.user_id,
            "purpose": token.purpose.value,
            "expires_at": token.expires_at,
        }
        await self._connection.execute(insert(mail_tokens).values(values))

    async def use_token(self, secret_hash: bytes, purpose: TokenPurpose, at: datetime) -> UUID | None:
        """Use a token up; the user it was sent to, or nothing when it does not count."""
        statement = (
            update(mail_tokens)
            .where(
                mail_tokens.c.secret_hash == secret_hash,
                mail_tokens.c.purpose == purpose.value,
                mail_tokens.c.used_at.is_(None),
                mail_tokens.c.expires_at > at,
            )
            .values(used_at=at)
            .returning(mail_tokens.c.user_id)
        )
        return (await self._connection.execute(statement)).scalar_one_or_none()

    async def purge(self, at: datetime, limit: int) -> int:
        """Delete mails sent or given up since `STORED_WHEN_SENT`, and expired tokens."""
        before = at - STORED_WHEN_SENT
        was_given_up = account_mails.c.sent_at.is_(None) & (account_mails.c.attempts >= MAX_ATTEMPTS)
        sent = select(account_mails.c.id).where(account_mails.c.sent_at < before).order_by(account_mails.c.sent_at)
        given_up = (
            select(account_mails.c.id)
            .where(was_given_up, account_mails.c.due_at < before)
            .order_by(account_mails.c.due_at)
        )
        expired = (
            select(mail_tokens.c.secret_hash).where(mail_tokens.c.expires_at < at).order_by(mail_tokens.c.expires_at)
        )
        purges = (
            delete(account_mails).where(is_among(account_mails.c.id, sent.limit(limit))),
            delete(account_mails).where(is_among(account_mails.c.id, given_up.limit(limit))),
            delete(mail_tokens).where(is_among(mail_tokens.c.secret_hash, expired.limit(limit))),
        )
        return sum([(await self._connection.execute(purge)).rowcount for purge in purges])
