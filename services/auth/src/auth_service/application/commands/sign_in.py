"""Sign in with e-mail address and password."""

from dataclasses import dataclass, field

from auth_service.application.ports import AccessTokens, OpenWork, PasswordHasher, PasswordStandards, Secrets
from auth_service.domain.errors import InvalidCredentials, UnacceptablePassword
from auth_service.domain.grants import IssuedTokens
from auth_service.domain.logins import Login, RefreshToken
from auth_service.domain.passwords import fits
from parking_kernel.askers import THE_SERVICE
from parking_kernel.clocks import Clock, NewId


@dataclass(frozen=True, slots=True)
class SignIn:
    """Someone says who they are, on some device."""

    email: str = field(repr=False)
    password: str = field(repr=False)
    device: str


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
        """Raises `InvalidCredentials`, the same for an unknown address, a wrong password and a closed account."""
        async with self.open_work(THE_SERVICE) as work:
            known = await work.users.by_email(command.email)
        form = self._form(command.password)
        known_hash = known.password_hash if known else None
        matches = await self.passwords.matches(form, known_hash)
        matches_as_typed = form != command.password and await self.passwords.matches(command.password, known_hash)
        if known is None or not (matches or matches_as_typed):
            raise InvalidCredentials
        hash_of_form = None if matches or not fits(form) else await self.passwords.hash(form)
        sign = await self.access_tokens.signer()
        secret = self.secrets.new()
        now = self.clock.now()
        async with self.open_work(THE_SERVICE) as work:
            # Read again, and locked: the account may have been closed while its password was checked.
            user = (await work.users.get(known.id)).state
            if not user.may_sign_in or user.password_hash != known.password_hash:
                raise InvalidCredentials
            if hash_of_form:
                await work.users.store_hash(user.id, hash_of_form)
            login = Login.start(self.new_id(now), user.id, command.device, now)
            await work.logins.add(login, RefreshToken(secret.hash, login.state.id, now, None))
            grant = await work.roles.grant_of(user)
        return IssuedTokens(sign(user, login.state, grant), grant.permissions, secret.text)

    def _form(self, password: str) -> str:
        """The form in which it is compared; one that has none can only have been stored as it is."""
        try:
            return self.standards.form(password)
        except UnacceptablePassword:
            return password
