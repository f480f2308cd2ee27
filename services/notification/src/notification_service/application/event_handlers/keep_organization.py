"""Auth published an organization."""

from dataclasses import dataclass

from notification_service.application.ports import OrganizationCopy, Work


@dataclass(frozen=True, slots=True)
class KeepOrganization:
    """The organization as it now is."""

    organization: OrganizationCopy


async def keep_organization(work: Work, event: KeepOrganization) -> None:
    """Keep who works for it: the operators are notified of what happens to bookings of its lots."""
    await work.copies.keep_organization(event.organization)
