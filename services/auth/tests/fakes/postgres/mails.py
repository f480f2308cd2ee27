from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.auth.tests.fakes.postgres.tables import MailRow, Tables

from auth_service.domain.mails import (
    MAX_ATTEMPTS,
    STORED_WHEN_SENT,
    MailKind,
    MailToken,
    QueuedMail,
    TokenPurpose,
)
from auth_service.domain.users import normalised_email
from parking_kernel.clocks import NewId


class InMemoryMails:
    """See `auth_service.application.ports.Mails`."""

    def __init__(self, tables: Tables, new_id: NewId) -> None:
        self._mails = tables.account_mails
        self._users = tables.users
        self._tokens = tables.mail_tokens
        self._new_id = new_id

    async def queue(self, user_id: UUID, kind: MailKind, at: datetime) -> None:
        self._mails[self._new_id(at)] = MailRow(user_id, kind, at)

    async def queue_to_address(self, email: str, kind: MailKind, at: datetime) -> None:
        wanted, verified = normalised_email(email), kind is not MailKind.VERIFY_EMAIL
        mine = [each.id for each in self._users.values() if (each.email, each.is_verified) == (wanted, verified)]
        if mine:
            await self.queue(max(mine), kind, at)

    async def remove(self, mail_id: UUID) -> None:
        del self._mails[mail_id]

    async def queued_since(self, user_id: UUID, kind: MailKind, since: datetime) -> bool:
        mine = [row for row in self._mails.values() if (row.user_id, row.kind) == (user_id, kind)]
        return any(max(row.due_at, row.sent_at or row.due_at) >= since for row in mine)

    async def claim(self, at: datetime, until: datetime, limit: int) -> Sequence[QueuedMail]:
        due = [
            (mail_id, row)
            for mail_id, row in sorted(self._mails.items(), key=lambda item: item[1].due_at)
            if row.sent_at is None and row.due_at <= at and row.attempts < MAX_ATTEMPTS
        ][:limit]
        for mail_id, row in due:
            self._mails[mail_id] = replace(row, due_at=until)
        return [QueuedMail(mail_id, row.user_id, row.kind, row.attempts) for mail_id, row in sorted(due, key=_id)]

    async def sent(self, mail_id: UUID, at: datetime) -> None:
        self._mails[mail_id] = replace(self._mails[mail_id], sent_at=at)

    async def failed(self, mail_id: UUID, again_at: datetime) -> None:
        row = self._mails[mail_id]
        self._mails[mail_id] = replace(row, due_at=again_at, attempts=row.attempts + 1)

    async def store_token(self, token: MailToken) -> None:
        self._tokens[token.secret_hash] = token

    async def use_token(self, secret_hash: bytes, purpose: TokenPurpose, at: datetime) -> UUID | None:
        token = self._tokens.get(secret_hash)
        if token is None or token.purpose is not purpose or token.expires_at <= at:
            return None
        del self._tokens[secret_hash]
        return token.user_id

    async def purge(self, at: datetime, limit: int) -> int:
        done = [mail_id for mail_id, row in self._mails.items() if _is_done(row, at - STORED_WHEN_SENT)][:limit]
        for mail_id in done:
            del self._mails[mail_id]
        expired = [key for key, token in self._tokens.items() if token.expires_at < at][:limit]
        for key in expired:
            del self._tokens[key]
        return len(done) + len(expired)


def _id(item: tuple[UUID, MailRow]) -> UUID:
    return item[0]


def _is_done(row: MailRow, before: datetime) -> bool:
    if row.sent_at is not None:
        return row.sent_at < before
    return row.attempts >= MAX_ATTEMPTS and row.due_at < before
