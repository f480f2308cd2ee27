"""Sign one device out."""

from dataclasses import dataclass
from uuid import UUID

from auth_service.application.ports import OpenWork
from auth_service.domain.errors import UnknownLogin
from auth_service.domain.logins import EndReason
from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock


@dataclass(frozen=True, slots=True)
class EndLogin:
    """A user wants one of their devices signed out."""

    asker: Asker
    login_id: UUID


@dataclass(frozen=True, slots=True)
class EndLoginHandler:
    """Ends one of the user's own logins."""

    open_work: OpenWork
    clock: Clock

    async def __call__(self, command: EndLogin) -> None:
        """Raises `UnknownLogin` for one that is not the user's own, or is over."""
        async with self.open_work(command.asker) as work:
            login = await work.logins.get(command.login_id)
            if login is None or login.state.user_id != command.asker.user_id or not login.state.is_open:
                raise UnknownLogin(command.login_id)
            login.end(EndReason.SIGNED_OUT, self.clock.now())
            await work.logins.save(login)
