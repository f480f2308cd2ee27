"""The first account that registers an address does not own it; the one that verifies it does."""

from dataclasses import replace
from datetime import timedelta

import pytest
from services.auth.tests.fakes.installation import EMAIL, PASSWORD, FakeInstallation

from auth_service.application.commands.register_user import RegisterUser
from auth_service.application.commands.resend_verification import ResendVerification, ResendVerificationHandler
from auth_service.application.commands.send_account_mails import SendAccountMails, SendAccountMailsHandler
from auth_service.application.commands.sign_in import SignIn
from auth_service.application.commands.verify_email import VerifyEmail, VerifyEmailHandler
from auth_service.domain.attempts import VERIFICATION_MAILS
from auth_service.domain.errors import InvalidCredentials, InvalidMailToken
from auth_service.domain.mails import TOKEN_LIFETIME, MailKind, TokenPurpose
from auth_service.domain.users import SHARED_BY, UserState
from parking_kernel.askers import THE_SERVICE


class Addressed:
    """An installation, and what comes to the address."""

    def __init__(self, auth: FakeInstallation) -> None:
        self.auth = auth
        self.verify = VerifyEmailHandler(auth.work, auth.secrets, auth.clock)
        self.resend = ResendVerificationHandler(auth.work, auth.secrets, auth.clock)
        self.send = SendAccountMailsHandler(auth.work, auth.sender, auth.secrets, auth.clock)

    async def registered(self, password: str, name: str) -> tuple[UserState, str]:
        """An account, and the token of its link."""
        self.auth.clock.advance(timedelta(seconds=1))
        user = await self.auth.register(RegisterUser(EMAIL, password, name))
        return user, await self.token()

    async def token(self) -> str:
        await self.send(SendAccountMails())
        secret = self.auth.sender.sent[-1].secret
        assert secret is not None
        return secret

    async def signs_in(self, password: str) -> bool:
        try:
            await self.auth.sign_in(SignIn(EMAIL, password, "phone"))
        except InvalidCredentials:
            return False
        return True


@pytest.fixture
def addressed(auth: FakeInstallation) -> Addressed:
    return Addressed(auth)


@pytest.mark.parametrize("verifies", ["first", "second"])
async def test_the_verified_one_keeps_the_address_and_the_other_everything_else(
    auth: FakeInstallation, addressed: Addressed, verifies: str
) -> None:
    first, token_of_first = await addressed.registered("the stranger's", "Mallory")
    second, token_of_second = await addressed.registered("the owner's own", "Dora")
    assert first.id != second.id
    assert [await addressed.signs_in(each) for each in ("the stranger's", "the owner's own")] == [True, True]
    assert len(auth.tables.logins) == 2

    mine, other = (token_of_first, token_of_second) if verifies == "first" else (token_of_second, token_of_first)
    await addressed.verify(VerifyEmail(mine))
    keeps, loses = (first, second) if verifies == "first" else (second, first)
    assert (auth.tables.users[keeps.id].email, auth.tables.users[keeps.id].is_verified) == (EMAIL, True)
    left = auth.tables.users[loses.id]
    assert (left.email, left.is_verified, left.roles) == (None, False, {"user"})
    assert all(login.is_open for login in auth.tables.logins.values()), "a signed-in device goes on with its bookings"
    assert auth.published()[-2:] == ["AddressLost", "UserVerified"]
    signed_in = [await addressed.signs_in(each) for each in ("the stranger's", "the owner's own")]
    assert signed_in == [verifies == "first", verifies == "second"]
    with pytest.raises(InvalidMailToken):
        await addressed.verify(VerifyEmail(other))


async def test_signing_in_costs_one_check_however_many_share_the_address(
    auth: FakeInstallation, addressed: Addressed
) -> None:
    for number in range(3):
        await auth.register(RegisterUser(EMAIL, f"password no. {number}", "Dora"))
    auth.passwords.work.clear()
    assert await addressed.signs_in("password no. 1")
    assert auth.passwords.work == {"check": 1}


async def many(auth: FakeInstallation, first: int, number: int) -> list[UserState]:
    made: list[UserState] = []
    for each in range(first, first + number):
        auth.clock.advance(timedelta(seconds=1))
        made.append(await auth.register(RegisterUser(EMAIL, f"password no. {each}", "Mallory")))
    return made


async def test_no_more_than_a_few_share_it_and_the_newest_unused_one_loses_it(
    auth: FakeInstallation, addressed: Addressed
) -> None:
    made = await many(auth, 0, SHARED_BY + 2)
    has_it = [True] * (SHARED_BY - 1) + [False] * 2 + [True]
    assert [auth.tables.users[each.id].email is not None for each in made] == has_it
    assert [await addressed.signs_in(f"password no. {number}") for number in range(SHARED_BY + 2)] == has_it


async def test_of_unused_ones_those_go_first_whose_link_is_over(auth: FakeInstallation) -> None:
    old = await many(auth, 0, 2)
    auth.clock.advance(TOKEN_LIFETIME[TokenPurpose.VERIFY_EMAIL])
    new = await many(auth, 2, SHARED_BY)
    assert [auth.tables.users[each.id].email for each in (*old, *new)] == [None] * 2 + [EMAIL] * SHARED_BY


async def test_ten_registrations_do_not_take_the_address_from_an_account_that_is_used(
    auth: FakeInstallation, addressed: Addressed
) -> None:
    owner, _ = await addressed.registered("the owner's own", "Dora")
    assert await addressed.signs_in("the owner's own")
    await many(auth, 0, 3 * SHARED_BY)
    assert auth.tables.users[owner.id].email == EMAIL
    assert await addressed.signs_in("the owner's own")


async def test_where_all_are_used_a_new_one_is_not_made_and_it_does_not_show(
    auth: FakeInstallation, addressed: Addressed
) -> None:
    made = await many(auth, 0, SHARED_BY)
    for number in range(SHARED_BY):
        assert await addressed.signs_in(f"password no. {number}")
    auth.passwords.work.clear()
    one_more = await auth.register(RegisterUser(EMAIL, "one password more", "Dora"))
    assert auth.passwords.work == {"hash": 1}
    assert (one_more.email, one_more.is_verified, one_more.roles) == (EMAIL, False, {"user"})
    assert one_more.id not in auth.tables.users
    assert [auth.tables.users[each.id].email for each in made] == [EMAIL] * SHARED_BY
    assert not await addressed.signs_in("one password more")


async def test_the_mail_names_each_account_with_a_link_of_its_own(auth: FakeInstallation, addressed: Addressed) -> None:
    """An owner who registered first and asks for a link is not handed the stranger's."""
    command = RegisterUser(EMAIL, "the owner's own", "Dora", network_address="192.0.2.1")
    owner = await auth.register(command)
    auth.clock.advance(timedelta(seconds=1))
    await auth.register(replace(command, password="the stranger's", full_name="Mallory", network_address="192.0.2.66"))
    auth.clock.advance(timedelta(seconds=1))
    await addressed.resend(ResendVerification(EMAIL))
    await addressed.send(SendAccountMails())
    letter = auth.sender.sent[-1]
    (other,) = letter.others
    assert (letter.full_name, letter.registered_from) == ("Mallory", "192.0.2.66")
    assert (other.full_name, other.registered_from, other.registered_at) == ("Dora", "192.0.2.1", owner.created_at)
    assert letter.secret != other.secret

    await addressed.verify(VerifyEmail(other.secret))
    assert (auth.tables.users[owner.id].email, auth.tables.users[owner.id].is_verified) == (EMAIL, True)
    assert [user.registered_from for user in auth.tables.users.values()] == [None, None], "of no use any longer"
    assert letter.secret is not None
    with pytest.raises(InvalidMailToken):
        await addressed.verify(VerifyEmail(letter.secret))
    assert "192.0.2" not in repr(letter)


async def test_an_only_account_gets_a_mail_with_one_link(auth: FakeInstallation, addressed: Addressed) -> None:
    _, token = await addressed.registered("the owner's own", "Dora")
    assert auth.sender.sent[-1].others == ()
    await addressed.verify(VerifyEmail(token))


async def test_another_link_is_sent_and_only_so_often(auth: FakeInstallation, addressed: Addressed) -> None:
    await auth.registered()
    for _ in range(10):
        await addressed.resend(ResendVerification(EMAIL.upper()))
        await auth.registered()
    assert len(auth.tables.account_mails) == VERIFICATION_MAILS.free
    auth.clock.advance(timedelta(hours=1))
    for sent in (1, 1):
        await addressed.resend(ResendVerification(EMAIL))
        assert len(auth.tables.account_mails) == VERIFICATION_MAILS.free + sent
    auth.clock.advance(VERIFICATION_MAILS.over_after)
    await addressed.resend(ResendVerification(EMAIL))
    await addressed.verify(VerifyEmail(await addressed.token()))


async def test_an_unknown_or_verified_address_gets_none_and_takes_as_much_work(
    auth: FakeInstallation, addressed: Addressed
) -> None:
    await auth.verified()
    before = len(auth.tables.account_mails)
    for email in (EMAIL, "nobody@example.com"):
        await addressed.resend(ResendVerification(email))
    assert len(auth.tables.account_mails) == before
    assert len(auth.tables.counted_attempts) == 2


async def test_no_mail_but_the_verification_goes_to_an_unverified_address(
    auth: FakeInstallation, addressed: Addressed
) -> None:
    user = await auth.registered()
    async with auth.work(THE_SERVICE) as work:
        for kind in MailKind:
            await work.mails.queue(user.id, kind, auth.clock.now())
    await addressed.send(SendAccountMails())
    assert {letter.kind for letter in auth.sender.sent} == {MailKind.VERIFY_EMAIL}
    assert all(row.sent_at for row in auth.tables.account_mails.values()), "the others are not tried again"
    auth.sender.sent.clear()
    for _ in range(5):
        with pytest.raises(InvalidCredentials):
            await auth.sign_in(SignIn(EMAIL, "wrong password", "phone"))
    await addressed.send(SendAccountMails())
    assert auth.sender.sent == []


async def test_an_account_without_an_address_gets_no_mail(auth: FakeInstallation, addressed: Addressed) -> None:
    user = await auth.registered()
    async with auth.work(THE_SERVICE) as work:
        changed = await work.users.get(user.id)
        changed.lose_address(auth.clock.now())
        await work.users.save(changed)
    await addressed.send(SendAccountMails())
    assert auth.sender.sent == []
    assert not await addressed.signs_in(PASSWORD)
