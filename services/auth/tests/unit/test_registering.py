"""Making an account, and what is published."""

from datetime import timedelta

import pytest
from services.auth.tests.fakes.installation import EMAIL, PASSWORD, FakeInstallation

from auth_service.application.commands.create_account import CreateAccount, CreateAccountHandler
from auth_service.application.commands.register_user import RegisterUser
from auth_service.application.commands.verify_email import VerifyEmail, VerifyEmailHandler
from auth_service.domain.errors import InvalidMailToken, TooBusy, UnacceptablePassword, UnknownRole
from auth_service.domain.mails import REPEAT_AFTER, MailKind, MailToken, TokenPurpose
from parking_chassis.ids import new_id
from parking_kernel.askers import THE_SERVICE


def queued(auth: FakeInstallation) -> list[MailKind]:
    return [row.kind for row in auth.tables.account_mails.values()]


async def test_a_new_user_is_stored_and_published_and_gets_a_mail(auth: FakeInstallation) -> None:
    user = await auth.registered()
    assert auth.tables.users == {user.id: user}
    assert auth.published() == ["UserRegistered"]
    assert queued(auth) == [MailKind.VERIFY_EMAIL]


async def test_a_taken_address_is_answered_alike_and_changes_nothing(auth: FakeInstallation) -> None:
    first = await auth.verified()
    again = await auth.register(RegisterUser(EMAIL.upper(), "another password", "Mallory"))
    assert (again.email, again.roles, again.is_verified) == (first.email, first.roles, False)
    assert again.id != first.id
    assert auth.tables.users == {first.id: first}
    assert auth.published() == ["UserRegistered", "UserVerified"]
    assert queued(auth) == [MailKind.VERIFY_EMAIL, MailKind.ALREADY_REGISTERED]


async def test_a_taken_address_costs_as_much_as_a_free_one(auth: FakeInstallation) -> None:
    await auth.verified()
    await auth.registered()
    assert auth.passwords.work["hash"] == 2


async def test_nobody_can_flood_the_owners_mailbox(auth: FakeInstallation) -> None:
    await auth.verified()
    for _ in range(5):
        await auth.registered()
    assert queued(auth).count(MailKind.ALREADY_REGISTERED) == 1
    auth.clock.advance(REPEAT_AFTER + timedelta(seconds=1))
    await auth.registered()
    assert queued(auth).count(MailKind.ALREADY_REGISTERED) == 2


async def test_a_bad_password_is_refused_before_it_costs_anything(auth: FakeInstallation) -> None:
    for password in ("short", "PassWord1234", "aaaaaaaaaa", "line\nbreaks"):
        with pytest.raises(UnacceptablePassword):
            await auth.register(RegisterUser(EMAIL, password, "Dora"))
    assert not auth.passwords.work
    assert not auth.tables.users


async def test_too_many_at_once_are_sent_away(auth: FakeInstallation) -> None:
    auth.passwords.is_busy = True
    with pytest.raises(TooBusy):
        await auth.registered()


async def test_the_token_of_the_mail_verifies_once(auth: FakeInstallation) -> None:
    user = await auth.registered()
    secret = auth.secrets.new()
    expires_at = auth.clock.now() + timedelta(hours=48)
    async with auth.work(THE_SERVICE) as work:
        await work.mails.store_token(MailToken(secret.hash, user.id, TokenPurpose.VERIFY_EMAIL, expires_at))
    verify = VerifyEmailHandler(auth.work, auth.secrets, auth.clock)
    await verify(VerifyEmail(secret.text))
    assert auth.tables.users[user.id].is_verified
    assert auth.published() == ["UserRegistered", "UserVerified"]
    with pytest.raises(InvalidMailToken):
        await verify(VerifyEmail(secret.text))


class TestCreatingAnAccount:
    """The operator of the installation makes the first administrator."""

    async def created(self, auth: FakeInstallation, *roles: str, password: str = PASSWORD) -> None:
        create = CreateAccountHandler(auth.work, auth.passwords, auth.standards, auth.clock, new_id)
        await create(CreateAccount(EMAIL, password, "Ada Admin", roles))

    async def test_the_account_is_verified_and_has_its_roles(self, auth: FakeInstallation) -> None:
        await self.created(auth, "admin")
        (user,) = auth.tables.users.values()
        assert (user.is_verified, user.roles) == (True, {"user", "admin"})
        assert auth.published() == ["UserRegistered", "UserVerified", "RoleAssigned"]
        assert not auth.tables.account_mails

    async def test_doing_it_again_changes_nothing(self, auth: FakeInstallation) -> None:
        await self.created(auth, "admin")
        before = auth.tables.copy()
        await self.created(auth, "admin")
        assert auth.tables == before

    async def test_an_account_that_exists_gets_the_roles_and_keeps_its_password(self, auth: FakeInstallation) -> None:
        user = await auth.verified()
        await self.created(auth, "operator", password="another password")
        assert auth.tables.users[user.id].roles == {"user", "operator"}
        assert auth.tables.users[user.id].password_hash == user.password_hash

    async def test_who_registered_the_address_unseen_does_not_get_the_roles(self, auth: FakeInstallation) -> None:
        stranger = await auth.registered()
        await self.created(auth, "admin", password="another password")
        mine = {user.id: user for user in auth.tables.users.values() if user.email == EMAIL}
        assert stranger.id not in mine
        assert auth.tables.users[stranger.id].roles == {"user"}
        assert [user.roles for user in mine.values()] == [{"user", "admin"}]

    async def test_an_unknown_role_makes_no_account(self, auth: FakeInstallation) -> None:
        with pytest.raises(UnknownRole, match="king"):
            await self.created(auth, "admin", "king")
        assert not auth.tables.users
