"""Sign in with e-mail address and password."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from auth_service.application.commands.admit_sign_in import admit_sign_in
from auth_service.application.commands.clear_failed_sign_ins import clear_failed_sign_ins
from auth_service.application.commands.count_failed_sign_in import count_failed_sign_in
from auth_service.application.ports import AccessTokens, OpenWork, PasswordHasher, PasswordStandards, Secrets
from auth_service.domain.attempts import SignInAttempt
from auth_service.domain.errors import AccountSuspended, InvalidCredentials, UnacceptablePassword
from auth_service.domain.grants import IssuedTokens
from auth_service.domain.logins import Login, RefreshToken
from auth_service.domain.passwords import fits
from auth_service.domain.users import UserState
from parking_kernel.askers import THE_SERVICE
from parking_kernel.clocks import Clock, NewId


@dataclass(frozen=True, slots=True)
class SignIn:
    """Someone says who they are, on some device; `network_address` is where the request came from, if that is known."""

    email: str = field(repr=False)
    password: str = field(repr=False)
    device: str
    network_address: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class _Match:
    """The account that the password belongs to, and its hash in the form of today where it was stored in another."""

    account: UserState
    hash_of_form: str | None


@dataclass(frozen=True, slots=True)
class SignInHandler:
    """Starts a login and issues its first tokens. The password is checked outside of any transaction.

    A password that was stored before passwords had one form is checked as it is typed too, and hashed again in that
    form when it fits. How much is checked depends on what was typed alone, not on the account.
    """

    open_work: OpenWork
    passwords: PasswordHasher
    standards: PasswordStandards
    secrets: Secrets
    access_tokens: AccessTokens
    clock: Clock
    new_id: NewId

    async def __call__(self, command: SignIn) -> IssuedTokens:
        """Raises `TooManyAttempts`, for an unknown address alike; `InvalidCredentials`, the same for an unknown address
        and for a wrong password, of a suspended account too; and `AccountSuspended` where the password is right.
        """
        attempt = SignInAttempt(command.email, command.network_address, self.clock.now())
        async with self.open_work(THE_SERVICE) as work:
            await admit_sign_in(work, self.secrets, attempt)
            accounts = await work.users.of_address(command.email)
        try:
            match = await self._match(command.password, accounts)
            return await self._start_login(command.device, match, attempt)
        except InvalidCredentials:
            async with self.open_work(THE_SERVICE) as work:
                await count_failed_sign_in(work, self.secrets, attempt)
            raise

    async def _match(self, password: str, accounts: Sequence[UserState]) -> _Match:
        hashes = [each.password_hash for each in accounts]
        form = self._form(password)
        found = await self.passwords.match(form, hashes)
        as_typed = await self.passwords.match(password, hashes) if form != password else None
        account = next((each for each in accounts if each.password_hash in {found, as_typed}), None)
        if account is None:
            raise InvalidCredentials
        is_in_form = found is not None or form == password or not fits(form)
        return _Match(account, None if is_in_form else await self.passwords.hash(form, like=account.password_hash))

    async def _start_login(self, device: str, match: _Match, attempt: SignInAttempt) -> IssuedTokens:
        sign = await self.access_tokens.signer()
        secret = self.secrets.new()
        now = self.clock.now()
        async with self.open_work(THE_SERVICE) as work:
            # Read again, and locked: the account may have been closed while its password was checked.
            user = (await work.users.get(match.account.id)).state
            if (user.email, user.password_hash) != (match.account.email, match.account.password_hash):
                raise InvalidCredentials
            if not user.may_sign_in:
                raise AccountSuspended
            if match.hash_of_form:
                await work.users.store_hash(user.id, match.hash_of_form)
            login = Login.start(self.new_id(now), user.id, device, now)
            await work.logins.add(login, RefreshToken(secret.hash, login.state.id, now, None))
            if not user.has_signed_in:
                await work.users.note_sign_in(user.id)
            await clear_failed_sign_ins(work, self.secrets, attempt)
            grant = await work.roles.grant_of(user)
        return IssuedTokens(sign(user, login.state, grant), grant.permissions, secret.text)

    def _form(self, password: str) -> str:
        """The form in which it is compared; one that has none can only have been stored as it is."""
        try:
            return self.standards.form(password)
        except UnacceptablePassword:
            return password
