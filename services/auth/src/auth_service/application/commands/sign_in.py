"""Sign in with e-mail address and password."""

from dataclasses import dataclass, field

from auth_service.application.ports import AccessTokens, OpenWork, PasswordHasher, Secrets
from auth_service.domain.errors import InvalidCredentials
from auth_service.domain.grants import IssuedTokens
from auth_service.domain.logins import Login, RefreshToken
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
    """Starts a login and issues its first tokens. The password is checked outside of any transaction."""

    open_work: OpenWork
    passwords: PasswordHasher
    secrets: Secrets
    access_tokens: AccessTokens
    clock: Clock
    new_id: NewId

    async def __call__(self, command: SignIn) -> IssuedTokens:
        """Raises `InvalidCredentials`, the same for an unknown address, a wrong password and a closed account."""
        async with self.open_work(THE_SERVICE) as work:
            known = await work.users.by_email(command.email)
        matches = await self.passwords.matches(command.password, known.password_hash if known else None)
        if known is None or not matches:
            raise InvalidCredentials
        sign = await self.access_tokens.signer()
        secret = self.secrets.new()
        now = self.clock.now()
        async with self.open_work(THE_SERVICE) as work:
            # Read again, and locked: the account may have been closed while its password was checked.
            user = (await work.users.get(known.id)).state
            if not user.may_sign_in or user.password_hash != known.password_hash:
                raise InvalidCredentials
            login = Login.start(self.new_id(now), user.id, command.device, now)
            await work.logins.add(login, RefreshToken(secret.hash, login.state.id, now, None))
            grant = await work.roles.grant_of(user)
        return IssuedTokens(sign(user, login.state, grant), grant.permissions, secret.text)
