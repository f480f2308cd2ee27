"""In which organization something is made, and what of it is known here."""

from uuid import UUID

from parking_kernel.askers import Asker
from parking_kernel.violations import InvalidFields, Violation
from parking_service.domain.errors import OrganizationNotReady, ParkingError, UnknownOrganization


def chosen_organization(asker: Asker, organization_id: UUID | None, pointer: str) -> UUID:
    """The organization meant: the named one, or the only one that the asker works for.

    Raises `UnknownOrganization` for a foreign one, and `InvalidFields` where one has to be named.
    """
    if organization_id is not None:
        if not asker.operates(organization_id):
            raise UnknownOrganization(organization_id)
        return organization_id
    if len(asker.organizations) == 1:
        return next(iter(asker.organizations))
    belonging = "several organizations" if asker.organizations else "no organization"
    raise InvalidFields([Violation(pointer, f"is required: you belong to {belonging}")])


def why_unknown(asker: Asker, organization_id: UUID) -> ParkingError:
    """Why a chosen organization is not known here: its event is still to come, or there is none."""
    kind = OrganizationNotReady if organization_id in asker.organizations else UnknownOrganization
    return kind(organization_id)
