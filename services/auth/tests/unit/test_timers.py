"""What auth does by itself: mails, keys, purges."""

from dataclasses import replace
from datetime import timedelta

from services.auth.tests.fakes.installation import EMAIL, FakeInstallation

from auth_service.application.commands.purge_expired import PurgeExpired, PurgeExpiredHandler
from auth_service.application.commands.rotate_signing_keys import RotateSigningKeys, RotateSigningKeysHandler
from auth_service.application.commands.send_account_mails import SendAccountMails, SendAccountMailsHandler
from auth_service.application.commands.verify_email import VerifyEmail, VerifyEmailHandler
from auth_service.domain.logins import REFRESH_TOKEN_LIFETIME
from auth_service.domain.mails import MAX_ATTEMPTS, PAUSE, MailKind
from auth_service.domain.signing_keys import ROTATE_AFTER
from parking_chassis.ids import new_id
from parking_kernel.askers import THE_SERVICE


class TestMails:
    def sending(self, auth: FakeInstallation) -> SendAccountMailsHandler:
        return SendAccountMailsHandler(auth.work, auth.sender, auth.secrets, auth.clock)

    async def test_a_mail_is_sent_once_with_a_secret_of_which_only_the_hash_is_stored(
        self, auth: FakeInstallation
    ) -> None:
        user = await auth.registered()
        send = self.sending(auth)
        assert await send(SendAccountMails()) == 1
        assert await send(SendAccountMails()) == 0
        (letter,) = auth.sender.sent
        assert (letter.kind, letter.email) == (MailKind.VERIFY_EMAIL, EMAIL)
        assert letter.secret is not None
        assert list(auth.tables.mail_tokens) == [auth.secrets.hash(letter.secret)]
        await VerifyEmailHandler(auth.work, auth.secrets, auth.clock)(VerifyEmail(letter.secret))
        assert auth.tables.users[user.id].is_verified

    async def test_the_mail_to_the_owner_of_a_taken_address_holds_no_secret(self, auth: FakeInstallation) -> None:
        await auth.registered()
        await self.sending(auth)(SendAccountMails())
        (user_id,) = auth.tables.users
        async with auth.work(THE_SERVICE) as work:
            user = await work.users.get(user_id)
            user.verify(auth.clock.now())
            await work.users.save(user)
        auth.clock.advance(timedelta(seconds=1))
        await auth.registered()
        await self.sending(auth)(SendAccountMails())
        assert [(letter.kind, letter.secret is None) for letter in auth.sender.sent] == [
            (MailKind.VERIFY_EMAIL, False),
            (MailKind.ALREADY_REGISTERED, True),
        ]

    async def test_a_mail_that_fails_is_tried_again_after_a_growing_pause(self, auth: FakeInstallation) -> None:
        await auth.registered()
        auth.sender.refuses.add(EMAIL)
        send = self.sending(auth)
        for attempts in range(3):
            assert await send(SendAccountMails()) == 1
            assert await send(SendAccountMails()) == 0
            auth.clock.advance(PAUSE.after(attempts + 1))
        auth.sender.refuses.clear()
        await send(SendAccountMails())
        assert len(auth.sender.sent) == 1

    async def test_one_that_fails_does_not_hold_up_the_others(self, auth: FakeInstallation) -> None:
        auth.sender.refuses.add(EMAIL)
        for email in (EMAIL, "ada@example.com", "bob@example.com"):
            await auth.registered(email)
            auth.clock.advance(timedelta(milliseconds=1))  # ids of one millisecond sort in no order
        await self.sending(auth)(SendAccountMails())
        assert [letter.email for letter in auth.sender.sent] == ["ada@example.com", "bob@example.com"]

    async def test_in_the_end_a_mail_is_given_up(self, auth: FakeInstallation) -> None:
        await auth.registered()
        auth.sender.refuses.add(EMAIL)
        send = self.sending(auth)
        for attempts in range(MAX_ATTEMPTS):
            assert await send(SendAccountMails()) == 1
            auth.clock.advance(PAUSE.after(attempts + 1))
        assert await send(SendAccountMails()) == 0


class TestSigningKeys:
    async def test_there_is_always_one_and_a_new_one_every_month(self, auth: FakeInstallation) -> None:
        rotate = RotateSigningKeysHandler(auth.work, auth.clock)
        for _ in range(3):
            await rotate(RotateSigningKeys())
        assert len(auth.tables.signing_keys) == 1
        auth.clock.advance(ROTATE_AFTER)
        await rotate(RotateSigningKeys())
        assert len(auth.tables.signing_keys) == 2
        auth.clock.advance(timedelta(hours=1))
        await rotate(RotateSigningKeys())
        (stored,) = auth.tables.signing_keys.values()
        assert stored.created_at == auth.clock.now() - timedelta(hours=1)

    async def test_an_operator_has_a_new_one_at_once(self, auth: FakeInstallation) -> None:
        rotate = RotateSigningKeysHandler(auth.work, auth.clock)
        await rotate(RotateSigningKeys())
        auth.clock.advance(timedelta(minutes=1))
        await rotate(RotateSigningKeys(now=True))
        assert len(auth.tables.signing_keys) == 2


async def test_what_is_over_is_purged_and_nothing_else(auth: FakeInstallation) -> None:
    send = SendAccountMailsHandler(auth.work, auth.sender, auth.secrets, auth.clock)
    purge = PurgeExpiredHandler(auth.work, auth.clock)
    for number in range(3):
        await auth.registered(f"driver{number}@example.com")
        await auth.signed_in(f"driver{number}@example.com")
    await send(SendAccountMails())
    assert await purge(PurgeExpired()) == 0
    auth.clock.advance(REFRESH_TOKEN_LIFETIME + timedelta(days=8))
    await auth.signed_in("driver0@example.com")
    async with auth.work(THE_SERVICE) as work:
        assert await work.logins.count_open(auth.clock.now()) == 1
    assert await purge(PurgeExpired()) == 3 + 3 + 3 + 6
    assert len(auth.tables.users) == 3
    assert len(auth.tables.logins) == len(auth.tables.refresh_tokens) == 1
    assert not auth.tables.account_mails
    assert not auth.tables.mail_tokens


async def test_however_many_expired_all_are_ended_and_no_event_says_so(auth: FakeInstallation) -> None:
    """None of them can be deleted yet: that must not end the batches of what is to be ended."""
    await auth.registered()
    await auth.signed_in()
    (login,) = auth.tables.logins.values()
    auth.tables.logins.update({each.id: each for each in (replace(login, id=new_id()) for _ in range(1_200))})
    auth.clock.advance(REFRESH_TOKEN_LIFETIME)
    published = auth.published()
    await PurgeExpiredHandler(auth.work, auth.clock)(PurgeExpired())
    assert len(auth.tables.logins) == 1_201
    assert not any(each.is_open for each in auth.tables.logins.values())
    assert auth.published() == published
