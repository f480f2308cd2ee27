"""Revoke a refresh token (RFC 7009): its login ends."""

from dataclasses import dataclass, field

from auth_service.application.ports import OpenWork, Secrets
from auth_service.domain.logins import EndReason
from parking_kernel.askers import THE_SERVICE
from parking_kernel.clocks import Clock


@dataclass(frozen=True, slots=True)
class RevokeToken:
    """A device signs out with its refresh token."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RevokeTokenHandler:
    """Ends the login of the token; an unknown token changes nothing (RFC 7009, 2.2)."""

    open_work: OpenWork
    secrets: Secrets
    clock: Clock

    async def __call__(self, command: RevokeToken) -> None:
        """End the login that the token belongs to."""
        async with self.open_work(THE_SERVICE) as work:
            found = await work.logins.by_refresh_token(self.secrets.hash(command.token))
            if found is None:
                return
            login, _ = found
            login.end(EndReason.SIGNED_OUT, self.clock.now())
            await work.logins.save(login)
