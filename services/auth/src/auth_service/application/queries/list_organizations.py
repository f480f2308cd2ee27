"""The organizations that someone may know of."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from auth_service.application.ports import OpenWork
from auth_service.domain.organizations import OrganizationState


@dataclass(frozen=True, slots=True)
class ListOrganizations:
    """Those of one member, or all (`member` is none), in the order of their ids, after one of them."""

    member: UUID | None
    after: UUID | None
    limit: int


@dataclass(frozen=True, slots=True)
class ListOrganizationsHandler:
    """Reads one page."""

    open_work: OpenWork

    async def __call__(self, query: ListOrganizations) -> Sequence[OrganizationState]:
        """At most `limit` organizations."""
        async with self.open_work() as work:
            return await work.organizations.page(query.member, query.after, query.limit)
