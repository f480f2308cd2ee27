"""In whose name something is changed."""

from dataclasses import dataclass
from uuid import UUID

from parking_service.domain.errors import (
    InvalidFields,
    OrganizationNotReady,
    ParkingError,
    UnknownOrganization,
    Violation,
)


@dataclass(frozen=True, slots=True)
class Actor:
    """Someone who may change lots: in some organizations, or (`everywhere`) in all."""

    organizations: frozenset[UUID]
    everywhere: bool = False

    def works_for(self, organization_id: UUID) -> bool:
        """Whether the actor may change what belongs to the organization."""
        return self.everywhere or organization_id in self.organizations

    def choose(self, organization_id: UUID | None, pointer: str) -> UUID:
        """The organization meant: the named one, or the only one there is.

        Raises `UnknownOrganization` for a foreign one, and `InvalidFields` where one has to be named.
        """
        if organization_id is not None:
            if not self.works_for(organization_id):
                raise UnknownOrganization(organization_id)
            return organization_id
        if len(self.organizations) == 1:
            return next(iter(self.organizations))
        belonging = "several organizations" if self.organizations else "no organization"
        raise InvalidFields([Violation(pointer, f"is required: you belong to {belonging}")])

    def unheard_of(self, organization_id: UUID) -> ParkingError:
        """Why a chosen organization is not known: it is still to come, or there is none."""
        kind = OrganizationNotReady if organization_id in self.organizations else UnknownOrganization
        return kind(organization_id)
