"""The roles and what they permit."""

from collections.abc import Sequence
from dataclasses import dataclass

from auth_service.application.ports import OpenWork
from auth_service.domain.roles import Role


@dataclass(frozen=True, slots=True)
class ListRoles:
    """All of them."""


@dataclass(frozen=True, slots=True)
class ListRolesHandler:
    """Reads the roles."""

    open_work: OpenWork

    async def __call__(self, _query: ListRoles) -> Sequence[Role]:
        """By name."""
        async with self.open_work() as work:
            return await work.roles.all()
