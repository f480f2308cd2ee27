"""Signing in, going on, signing out."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from services.auth.tests.fakes.crypto.passwords import FakePasswords
from services.auth.tests.fakes.installation import EMAIL, PASSWORD, FakeInstallation
from services.auth.tests.people import ADMIN

from auth_service.application.commands.end_all_logins import EndAllLogins, EndAllLoginsHandler
from auth_service.application.commands.end_login import EndLogin, EndLoginHandler
from auth_service.application.commands.refresh_login import RefreshLogin, RefreshLoginHandler
from auth_service.application.commands.register_user import RegisterUser
from auth_service.application.commands.revoke_token import RevokeToken, RevokeTokenHandler
from auth_service.application.commands.sign_in import SignIn
from auth_service.application.commands.suspend_user import SuspendUser, SuspendUserHandler
from auth_service.domain.errors import AccountSuspended, InvalidCredentials, InvalidRefreshToken, TooBusy, UnknownLogin
from auth_service.domain.grants import IssuedTokens
from auth_service.domain.logins import LOGIN_LIFETIME, REFRESH_TOKEN_LIFETIME
from parking_kernel.askers import THE_SERVICE, Asker

NFC, NFD = "\u00fcber alle Berge", "u\u0308ber alle Berge"


async def refreshed(auth: FakeInstallation, tokens: IssuedTokens) -> IssuedTokens:
    refresh = RefreshLoginHandler(auth.work, auth.secrets, auth.access_tokens, auth.clock)
    return await refresh(RefreshLogin(tokens.refresh_token))


async def suspended(auth: FakeInstallation) -> None:
    (user_id,) = auth.tables.users
    await SuspendUserHandler(auth.work, auth.clock)(SuspendUser(ADMIN, user_id, "abuse"))


class TestSigningIn:
    async def test_it_starts_a_login_and_says_what_is_permitted(self, auth: FakeInstallation) -> None:
        user = await auth.registered()
        tokens = await auth.signed_in(device="phone")
        (login,) = auth.tables.logins.values()
        assert (login.user_id, login.device, login.is_open) == (user.id, "phone", True)
        assert tokens.permissions == {"read:parking", "write:reservation", "read:own_data"}
        assert auth.published() == ["UserRegistered", "LoginStarted"]

    async def test_an_address_counts_in_any_spelling(self, auth: FakeInstallation) -> None:
        await auth.registered()
        await auth.signed_in(f" {EMAIL.upper()} ")

    @pytest.mark.parametrize("email", [EMAIL, "nobody@example.com"])
    async def test_wrong_password_and_unknown_address_get_one_answer_at_one_price(
        self, auth: FakeInstallation, email: str
    ) -> None:
        await auth.registered()
        with pytest.raises(InvalidCredentials) as refused:
            await auth.sign_in(SignIn(email, "wrong password", "phone"))
        assert str(refused.value) == "E-mail address or password is wrong."
        assert auth.passwords.work["check"] == 1
        assert not auth.tables.logins

    async def test_a_password_counts_however_its_letters_are_made_up(self, auth: FakeInstallation) -> None:
        await auth.register(RegisterUser(EMAIL, NFC, "Dora"))
        await auth.sign_in(SignIn(EMAIL, NFD, "phone"))
        await auth.sign_in(SignIn(EMAIL, NFC, "phone"))

    async def test_one_that_was_stored_in_another_form_signs_in_and_is_hashed_again(
        self, auth: FakeInstallation
    ) -> None:
        user = await auth.registered()
        async with auth.work(THE_SERVICE) as work:
            await work.users.store_hash(user.id, await auth.passwords.hash(NFD))
        with pytest.raises(InvalidCredentials):
            await auth.sign_in(SignIn(EMAIL, NFC, "phone"))
        await auth.sign_in(SignIn(EMAIL, NFD, "phone"))
        await auth.sign_in(SignIn(EMAIL, NFC, "phone"))
        assert auth.tables.users[user.id].password_hash == await auth.passwords.hash(NFC)
        assert auth.tables.users[user.id].version == user.version

    async def test_one_that_breaks_a_rule_which_came_later_still_signs_in(self, auth: FakeInstallation) -> None:
        user = await auth.registered()
        for old in ("8 chars!", "password1234", "tab\there"):
            async with auth.work(THE_SERVICE) as work:
                await work.users.store_hash(user.id, await auth.passwords.hash(old))
            await auth.sign_in(SignIn(EMAIL, old, "phone"))

    @pytest.mark.parametrize("password", [NFC, NFD])
    async def test_what_is_checked_depends_on_what_was_typed_alone(self, auth: FakeInstallation, password: str) -> None:
        await auth.registered()
        checks: list[int] = []
        for email in (EMAIL, "nobody@example.com"):
            auth.passwords.work.clear()
            with pytest.raises(InvalidCredentials):
                await auth.sign_in(SignIn(email, password, "phone"))
            checks.append(auth.passwords.work["check"])
        assert checks == [1 if password == NFC else 2] * 2

    async def test_a_suspended_account_is_named_to_nobody_but_its_owner(self, auth: FakeInstallation) -> None:
        await auth.registered()
        await suspended(auth)
        with pytest.raises(AccountSuspended, match="This account is suspended"):
            await auth.signed_in()
        assert auth.passwords.work["check"] == 1
        answers: list[tuple[type[Exception], str]] = []
        for email in (EMAIL, "nobody@example.com"):
            with pytest.raises(InvalidCredentials) as refused:
                await auth.sign_in(SignIn(email, "a wrong password", "phone"))
            answers.append((refused.type, str(refused.value)))
        assert answers == [(InvalidCredentials, "E-mail address or password is wrong.")] * 2

    async def test_an_account_closed_while_its_password_is_checked_stays_closed(self, auth: FakeInstallation) -> None:
        class SlowPasswords(FakePasswords):
            async def match(self, password: str, hashes: Sequence[str]) -> str | None:
                await suspended(auth)
                return await super().match(password, hashes)

        await auth.registered()
        sign_in = replace(auth.sign_in, passwords=SlowPasswords())
        with pytest.raises(InvalidCredentials):
            await sign_in(SignIn(EMAIL, PASSWORD, "phone"))
        assert not auth.tables.logins

    async def test_too_many_at_once_are_sent_away(self, auth: FakeInstallation) -> None:
        auth.passwords.is_busy = True
        with pytest.raises(TooBusy):
            await auth.signed_in()

    async def test_commands_and_tokens_keep_their_secrets_out_of_logs(self, auth: FakeInstallation) -> None:
        await auth.registered()
        tokens = await auth.signed_in()
        shown = repr([SignIn(EMAIL, PASSWORD, "phone"), RefreshLogin(tokens.refresh_token), tokens])
        for secret in (EMAIL, PASSWORD, tokens.refresh_token, tokens.access_token.text):
            assert secret not in shown


class TestGoingOn:
    async def test_each_refresh_token_is_followed_by_another(self, auth: FakeInstallation) -> None:
        await auth.registered()
        first = await auth.signed_in()
        second = await refreshed(auth, first)
        third = await refreshed(auth, second)
        assert len({first.refresh_token, second.refresh_token, third.refresh_token}) == 3
        assert len(auth.tables.logins) == 1

    async def test_a_token_used_twice_ends_the_login_and_with_it_the_thiefs_token(self, auth: FakeInstallation) -> None:
        await auth.registered()
        first = await auth.signed_in()
        second = await refreshed(auth, first)
        with pytest.raises(InvalidRefreshToken):
            await refreshed(auth, first)
        with pytest.raises(InvalidRefreshToken):
            await refreshed(auth, second)
        assert auth.published() == ["UserRegistered", "LoginStarted", "ReuseDetected"]

    async def test_another_device_is_not_touched_by_that(self, auth: FakeInstallation) -> None:
        await auth.registered()
        phone, tablet = await auth.signed_in(device="phone"), await auth.signed_in(device="tablet")
        await refreshed(auth, phone)
        with pytest.raises(InvalidRefreshToken):
            await refreshed(auth, phone)
        await refreshed(auth, tablet)

    async def test_an_unknown_or_old_token_does_not_count(self, auth: FakeInstallation) -> None:
        await auth.registered()
        tokens = await auth.signed_in()
        with pytest.raises(InvalidRefreshToken):
            await refreshed(auth, replace(tokens, refresh_token="made up"))
        auth.clock.advance(REFRESH_TOKEN_LIFETIME)
        with pytest.raises(InvalidRefreshToken):
            await refreshed(auth, tokens)

    async def test_the_new_token_carries_what_is_permitted_now(self, auth: FakeInstallation) -> None:
        user = await auth.registered()
        tokens = await auth.signed_in()
        async with auth.work(THE_SERVICE) as work:
            changed = await work.users.get(user.id)
            changed.assign_role("operator", auth.clock.now())
            await work.users.save(changed)
        assert "operate:gate" in (await refreshed(auth, tokens)).permissions

    async def test_without_a_signing_key_no_refresh_token_is_used_up(self, auth: FakeInstallation) -> None:
        await auth.registered()
        tokens = await auth.signed_in()
        auth.access_tokens.is_away = True
        with pytest.raises(ConnectionError):
            await refreshed(auth, tokens)
        auth.access_tokens.is_away = False
        await refreshed(auth, tokens)


class TestSigningOut:
    async def test_revoking_a_refresh_token_ends_its_login_once(self, auth: FakeInstallation) -> None:
        await auth.registered()
        tokens = await auth.signed_in()
        revoke = RevokeTokenHandler(auth.work, auth.secrets, auth.clock)
        await revoke(RevokeToken(tokens.refresh_token))
        await revoke(RevokeToken(tokens.refresh_token))
        await revoke(RevokeToken("unknown"))
        assert auth.published() == ["UserRegistered", "LoginStarted", "LoginEnded"]

    async def test_a_device_is_its_owners_alone_to_sign_out(self, auth: FakeInstallation) -> None:
        dora = await auth.registered()
        mallory = await auth.registered("mallory@example.com")
        await auth.signed_in()
        (login_id,) = auth.tables.logins
        end = EndLoginHandler(auth.work, auth.clock)
        with pytest.raises(UnknownLogin):
            await end(EndLogin(Asker(mallory.id), login_id))
        await end(EndLogin(Asker(dora.id), login_id))
        with pytest.raises(UnknownLogin):
            await end(EndLogin(Asker(dora.id), login_id))

    async def test_all_devices_are_signed_out_together(self, auth: FakeInstallation) -> None:
        user = await auth.registered()
        await auth.registered("other@example.com")
        await auth.signed_in()
        await auth.signed_in()
        await auth.signed_in("other@example.com")
        await EndAllLoginsHandler(auth.work, auth.clock)(EndAllLogins(Asker(user.id)))
        assert [login.is_open for login in auth.tables.logins.values()] == [False, False, True]

    async def test_a_suspended_user_is_signed_out_everywhere(self, auth: FakeInstallation) -> None:
        await auth.registered()
        await auth.signed_in()
        await suspended(auth)
        await suspended(auth)
        assert auth.published() == ["UserRegistered", "LoginStarted", "UserSuspended", "LoginEnded"]

    async def test_devices_that_can_no_longer_go_on_are_not_shown(self, auth: FakeInstallation) -> None:
        user = await auth.registered()

        async def devices() -> list[str]:
            async with auth.work(THE_SERVICE) as work:
                found = await work.logins.devices_of_user(user.id, auth.clock.now(), None, 10)
                return [login.device for login in found]

        tokens = await auth.signed_in(device="old phone")
        auth.clock.advance(timedelta(days=1))
        await auth.signed_in(device="phone")
        assert await devices() == ["phone", "old phone"]
        auth.clock.advance(REFRESH_TOKEN_LIFETIME - timedelta(days=2))
        tokens = await refreshed(auth, tokens)
        auth.clock.advance(timedelta(days=2))
        assert await devices() == ["old phone"]
        auth.clock.advance(LOGIN_LIFETIME)
        assert await devices() == []
