"""Send the mails that are due."""

from dataclasses import dataclass
from datetime import timedelta

from auth_service.application.ports import Letter, MailSender, MailUnsent, OpenWork, Registration, Secrets, Work
from auth_service.domain.mails import (
    PAUSE,
    TOKEN_LIFETIME,
    TOKEN_OF_MAIL,
    MailKind,
    MailToken,
    QueuedMail,
    TokenPurpose,
)
from auth_service.domain.users import UserState
from parking_kernel.askers import THE_SERVICE
from parking_kernel.clocks import Clock

_BATCH = 10  # a sender may take ten seconds for each, and all must be done within the lease
_LEASE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class SendAccountMails:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class SendAccountMailsHandler:
    """Claims mails for two minutes, makes the token of each, sends it, and notes what came of it.

    The secret is made here, so that none rests in the database; nothing is sent inside a transaction. A crash
    between sending and noting sends a mail twice, never not at all.
    """

    open_work: OpenWork
    sender: MailSender
    secrets: Secrets
    clock: Clock

    async def __call__(self, _command: SendAccountMails) -> int:
        """How many were tried."""
        now = self.clock.now()
        async with self.open_work(THE_SERVICE) as work:
            mails = await work.mails.claim(now, now + _LEASE, _BATCH)
        for mail in mails:
            await self._send(mail)
        return len(mails)

    async def _send(self, mail: QueuedMail) -> None:
        letter = await self._letter(mail)
        if letter is None:
            async with self.open_work(THE_SERVICE) as work:
                await work.mails.remove(mail.id)
            return
        try:
            await self.sender.send(letter)
        except MailUnsent:
            async with self.open_work(THE_SERVICE) as work:
                await work.mails.failed(mail.id, self.clock.now() + PAUSE.after(mail.attempts + 1))
            return
        async with self.open_work(THE_SERVICE) as work:
            await work.mails.sent(mail.id, self.clock.now())

    async def _letter(self, mail: QueuedMail) -> Letter | None:
        """Nothing for an account without an address. An unverified one gets the mail to verify it, and no other."""
        async with self.open_work(THE_SERVICE) as work:
            user = await work.users.read(mail.user_id)
            if user.email is None or user.is_verified is (mail.kind is MailKind.VERIFY_EMAIL):
                return None
            purpose = TOKEN_OF_MAIL.get(mail.kind)
            if purpose is None:
                return Letter(mail.kind, user.email, user.full_name, None, user.created_at)
            sharing = sorted(await work.users.of_address(user.email), key=lambda each: each.id, reverse=True)
            others = [await self._registration(work, each, purpose) for each in sharing if each.id != user.id]
            mine = await self._registration(work, user, purpose)
        return Letter(
            mail.kind,
            user.email,
            mine.full_name,
            mine.secret,
            mine.registered_at,
            mine.registered_from,
            tuple(others),
        )

    async def _registration(self, work: Work, user: UserState, purpose: TokenPurpose) -> Registration:
        """The account with a link of its own: the one that is followed says which account keeps the address."""
        secret = self.secrets.new()
        expires_at = self.clock.now() + TOKEN_LIFETIME[purpose]
        await work.mails.store_token(MailToken(secret.hash, user.id, purpose, expires_at))
        return Registration(user.full_name, secret.text, user.created_at, user.registered_from)
