"""A user's signed-in devices."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from auth_service.application.ports import OpenWork
from auth_service.domain.logins import LoginState
from parking_kernel.clocks import Clock


@dataclass(frozen=True, slots=True)
class ListLogins:
    """Whose devices."""

    user_id: UUID


@dataclass(frozen=True, slots=True)
class ListLoginsHandler:
    """Reads the logins that can still be used."""

    open_work: OpenWork
    clock: Clock

    async def __call__(self, query: ListLogins) -> Sequence[LoginState]:
        """The newest first."""
        async with self.open_work() as work:
            return await work.logins.devices_of_user(query.user_id, self.clock.now())
