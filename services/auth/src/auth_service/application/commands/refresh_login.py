"""Exchange a refresh token for new tokens."""

from dataclasses import dataclass, field

from auth_service.application.ports import AccessTokens, OpenWork, Secrets
from auth_service.domain.errors import InvalidRefreshToken
from auth_service.domain.grants import IssuedTokens
from auth_service.domain.logins import RefreshToken
from parking_kernel.askers import THE_SERVICE
from parking_kernel.clocks import Clock


@dataclass(frozen=True, slots=True)
class RefreshLogin:
    """A device shows its refresh token."""

    refresh_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RefreshLoginHandler:
    """Rotates the token. One that was used before ends the whole login, and that end is committed."""

    open_work: OpenWork
    secrets: Secrets
    access_tokens: AccessTokens
    clock: Clock

    async def __call__(self, command: RefreshLogin) -> IssuedTokens:
        """Raises `InvalidRefreshToken`."""
        sign = await self.access_tokens.signer()
        fresh = self.secrets.new()
        now = self.clock.now()
        async with self.open_work(THE_SERVICE) as work:
            found = await work.logins.by_refresh_token(self.secrets.hash(command.refresh_token))
            if found is None:
                raise InvalidRefreshToken
            login, token = found
            user = await work.users.read(login.state.user_id)
            counts = login.use(token, now) and user.may_sign_in
            if counts:
                await work.logins.rotate(token, RefreshToken(fresh.hash, login.state.id, now, None))
            await work.logins.save(login)
            grant = await work.roles.grant_of(user)
        if not counts:
            raise InvalidRefreshToken
        return IssuedTokens(sign(user, login.state, grant), grant.permissions, fresh.text)
