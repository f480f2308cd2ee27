"""The organizations that someone may know of."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from auth_service.application.ports import OpenWork
from auth_service.domain.organizations import OrganizationState
from auth_service.domain.roles import MANAGE_ORGANIZATIONS
from parking_kernel.askers import Asker


@dataclass(frozen=True, slots=True)
class ListOrganizations:
    """In the order of their ids, after one of them."""

    asker: Asker
    after: UUID | None
    limit: int


@dataclass(frozen=True, slots=True)
class ListOrganizationsHandler:
    """Reads one page: of all organizations for an asker who manages them, of their own for any other."""

    open_work: OpenWork

    async def __call__(self, query: ListOrganizations) -> Sequence[OrganizationState]:
        """At most `limit` organizations."""
        asker = query.asker
        manages = asker.may(MANAGE_ORGANIZATIONS)
        if not manages and asker.user_id is None:
            return []  # a machine client belongs to none
        async with self.open_work(asker) as work:
            return await work.organizations.page(None if manages else asker.user_id, query.after, query.limit)
