"""See `auth_service.application.ports.Mails`."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from services.auth.tests.people import NOW, stored_user

from auth_service.application.ports import OpenWork
from auth_service.domain.mails import MAX_ATTEMPTS, STORED_WHEN_SENT, MailKind, MailToken, QueuedMail, TokenPurpose
from parking_kernel.askers import THE_SERVICE

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


async def test_a_mail_is_claimed_for_a_while_and_sent_once(open_work: OpenWork) -> None:
    user = await stored_user(open_work)
    async with open_work(THE_SERVICE) as work:
        await work.mails.queue(user.state.id, MailKind.VERIFY_EMAIL, NOW)
    async with open_work(THE_SERVICE) as work:
        assert await work.mails.claim(NOW - SECOND, NOW + MINUTE, 10) == []
        (mail,) = await work.mails.claim(NOW, NOW + MINUTE, 10)
        assert (mail.user_id, mail.kind, mail.attempts) == (user.state.id, MailKind.VERIFY_EMAIL, 0)
        assert await work.mails.claim(NOW, NOW + MINUTE, 10) == []
        assert len(await work.mails.claim(NOW + MINUTE, NOW + 2 * MINUTE, 10)) == 1
        await work.mails.sent(mail.id, NOW + MINUTE)
        assert await work.mails.claim(NOW + timedelta(days=1), NOW + timedelta(days=2), 10) == []


async def test_the_oldest_mails_come_first(open_work: OpenWork) -> None:
    user = await stored_user(open_work)
    async with open_work(THE_SERVICE) as work:
        for minutes in range(20):
            await work.mails.queue(user.state.id, MailKind.VERIFY_EMAIL, NOW + minutes * MINUTE)
        later = NOW + timedelta(hours=1)
        claimed = [mail.id for _ in range(4) for mail in await work.mails.claim(later, later + MINUTE, 5)]
    assert claimed == sorted(claimed)
    assert len(claimed) == 20


async def test_no_two_get_the_same_mail(open_work: OpenWork) -> None:
    user = await stored_user(open_work)
    async with open_work(THE_SERVICE) as work:
        for _ in range(9):
            await work.mails.queue(user.state.id, MailKind.VERIFY_EMAIL, NOW)

    async def claim() -> Sequence[QueuedMail]:
        async with open_work(THE_SERVICE) as work:
            return await work.mails.claim(NOW, NOW + MINUTE, 3)

    claimed = [mail.id for mails in await asyncio.gather(claim(), claim(), claim()) for mail in mails]
    assert len(claimed) == len(set(claimed)) == 9


async def test_a_failed_mail_waits_and_counts_and_is_given_up_in_the_end(open_work: OpenWork) -> None:
    user = await stored_user(open_work)
    async with open_work(THE_SERVICE) as work:
        await work.mails.queue(user.state.id, MailKind.VERIFY_EMAIL, NOW)
    at = NOW
    async with open_work(THE_SERVICE) as work:
        for attempts in range(MAX_ATTEMPTS):
            (mail,) = await work.mails.claim(at, at + MINUTE, 10)
            assert mail.attempts == attempts
            at += MINUTE
            await work.mails.failed(mail.id, at)
        assert await work.mails.claim(at, at + MINUTE, 10) == []
        assert await work.mails.purge(at + STORED_WHEN_SENT, 10) == 0
        assert await work.mails.purge(at + STORED_WHEN_SENT + SECOND, 10) == 1


async def test_mails_of_a_kind_are_remembered_by_their_last_time(open_work: OpenWork) -> None:
    user = await stored_user(open_work)
    kind = MailKind.ALREADY_REGISTERED
    async with open_work(THE_SERVICE) as work:
        await work.mails.queue(user.state.id, kind, NOW)
        assert await work.mails.queued_since(user.state.id, kind, NOW)
        assert not await work.mails.queued_since(user.state.id, kind, NOW + SECOND)
        assert not await work.mails.queued_since(user.state.id, MailKind.VERIFY_EMAIL, NOW)
        (mail,) = await work.mails.claim(NOW, NOW + MINUTE, 10)
        await work.mails.sent(mail.id, NOW + 2 * MINUTE)
        assert await work.mails.queued_since(user.state.id, kind, NOW + 2 * MINUTE)


async def test_sent_mails_are_purged_after_a_week(open_work: OpenWork) -> None:
    user = await stored_user(open_work)
    async with open_work(THE_SERVICE) as work:
        for _ in range(3):
            await work.mails.queue(user.state.id, MailKind.VERIFY_EMAIL, NOW)
        for mail in await work.mails.claim(NOW, NOW + MINUTE, 3):
            await work.mails.sent(mail.id, NOW)
        assert await work.mails.purge(NOW + STORED_WHEN_SENT, 2) == 0
        later = NOW + STORED_WHEN_SENT + SECOND
        assert [await work.mails.purge(later, 2) for _ in range(3)] == [2, 1, 0]


async def test_a_token_counts_once_in_its_time_and_for_its_purpose(open_work: OpenWork) -> None:
    user = await stored_user(open_work)
    purpose = TokenPurpose.VERIFY_EMAIL
    async with open_work(THE_SERVICE) as work:
        await work.mails.store_token(MailToken(b"good", user.state.id, purpose, NOW + MINUTE))
        await work.mails.store_token(MailToken(b"old", user.state.id, purpose, NOW))
        assert await work.mails.use_token(b"unknown", purpose, NOW) is None
        assert await work.mails.use_token(b"old", purpose, NOW) is None
        assert await work.mails.use_token(b"good", purpose, NOW) == user.state.id
        assert await work.mails.use_token(b"good", purpose, NOW) is None


async def test_of_many_with_one_token_one_uses_it(open_work: OpenWork) -> None:
    user = await stored_user(open_work)
    async with open_work(THE_SERVICE) as work:
        await work.mails.store_token(MailToken(b"token", user.state.id, TokenPurpose.VERIFY_EMAIL, NOW + MINUTE))

    async def use() -> bool:
        async with open_work(THE_SERVICE) as work:
            return await work.mails.use_token(b"token", TokenPurpose.VERIFY_EMAIL, NOW) is not None

    assert sum(await asyncio.gather(*(use() for _ in range(5)))) == 1


async def test_expired_tokens_are_purged(open_work: OpenWork) -> None:
    user = await stored_user(open_work)
    async with open_work(THE_SERVICE) as work:
        await work.mails.store_token(MailToken(b"token", user.state.id, TokenPurpose.VERIFY_EMAIL, NOW))
        assert await work.mails.purge(NOW, 10) == 0
        assert await work.mails.purge(NOW + SECOND, 10) == 1


async def test_a_mail_to_an_address_goes_to_whom_it_is_for(open_work: OpenWork) -> None:
    older, newer = await stored_user(open_work), await stored_user(open_work)

    async def queued(kind: MailKind, email: str = "DORA@example.com") -> list[UUID]:
        async with open_work(THE_SERVICE) as work:
            await work.mails.queue_to_address(email, kind, NOW)
            return [mail.user_id for mail in await work.mails.claim(NOW, NOW + MINUTE, 10)]

    assert await queued(MailKind.VERIFY_EMAIL) == [newer.state.id]
    assert await queued(MailKind.VERIFY_EMAIL, "nobody@example.com") == []
    assert await queued(MailKind.SIGN_INS_FAILED) == [], "nobody has shown that the address is theirs"
    async with open_work(THE_SERVICE) as work:
        verified = await work.users.get(older.state.id)
        verified.verify(NOW)
        await work.users.save(verified)
    assert await queued(MailKind.SIGN_INS_FAILED) == [older.state.id]


async def test_a_mail_that_may_go_nowhere_is_removed(open_work: OpenWork) -> None:
    user = await stored_user(open_work)
    async with open_work(THE_SERVICE) as work:
        await work.mails.queue(user.state.id, MailKind.VERIFY_EMAIL, NOW)
        (mail,) = await work.mails.claim(NOW, NOW + MINUTE, 10)
        await work.mails.remove(mail.id)
        assert await work.mails.claim(NOW + MINUTE, NOW + 2 * MINUTE, 10) == []
