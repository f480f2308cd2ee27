"""Sign in with e-mail address and password."""

from dataclasses import dataclass, field

from auth_service.application.ports import Clock, NewId, OpenWork, PasswordHasher, Secrets
from auth_service.application.tokens import IssuedTokens, TokenIssuer
from auth_service.domain.errors import InvalidCredentials
from auth_service.domain.logins import Login, RefreshToken


@dataclass(frozen=True, slots=True)
class SignIn:
    """Someone says who they are, on some device."""

    email: str
    password: str = field(repr=False)
    device: str


@dataclass(frozen=True, slots=True)
class SignInHandler:
    """Starts a login and issues its first tokens. The password is checked outside of any transaction."""

    open_work: OpenWork
    passwords: PasswordHasher
    secrets: Secrets
    issuer: TokenIssuer
    clock: Clock
    new_id: NewId

    async def __call__(self, command: SignIn) -> IssuedTokens:
        """Raises `InvalidCredentials`, the same for an unknown address, a wrong password and a closed account."""
        async with self.open_work() as work:
            user = await work.users.by_email(command.email)
        if not await self.passwords.matches(command.password, user.state.password_hash if user else None):
            raise InvalidCredentials
        if user is None or not user.may_sign_in:
            raise InvalidCredentials
        now = self.clock.now()
        login = Login.start(self.new_id(), user.state.id, command.device, now)
        secret = self.secrets.new()
        async with self.open_work() as work:
            await work.logins.add(login, RefreshToken(secret.hash, login.state.id, now, None))
            await work.events.publish(login)
            grant = await self.issuer.grant(work, user.state)
        return await self.issuer.issue(user.state, login.state, grant, secret)
