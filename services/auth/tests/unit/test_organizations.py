"""A tenant and its members."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from auth_service.domain.errors import OrganizationFull
from auth_service.domain.organizations import MOST_MEMBERS, MemberRole, Organization

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def names(organization: Organization) -> list[str]:
    return [type(event).__name__ for event in organization.events]


def test_members_come_change_and_go_with_an_event_each() -> None:
    organization = Organization.create(uuid4(), "Acme", NOW)
    member = uuid4()
    organization.add_member(member, MemberRole.OPERATOR, NOW)
    organization.add_member(member, MemberRole.MANAGER, NOW)
    organization.rename("Acme Parking", NOW)
    organization.remove_member(member, NOW)
    assert names(organization) == [
        "OrganizationCreated",
        "MemberAdded",
        "MemberAdded",
        "OrganizationUpdated",
        "MemberRemoved",
    ]
    assert [event.organization.version for event in organization.events] == [1, 2, 3, 4, 5]
    assert organization.events[2].organization.members == {member: MemberRole.MANAGER}
    assert organization.state.members == {}


def test_a_change_of_nothing_makes_no_event() -> None:
    organization = Organization.create(uuid4(), "Acme", NOW)
    member = uuid4()
    organization.add_member(member, MemberRole.OPERATOR, NOW)
    organization.events.clear()
    organization.add_member(member, MemberRole.OPERATOR, NOW)
    organization.remove_member(uuid4(), NOW)
    organization.rename("Acme", NOW)
    assert organization.events == []


def test_an_organization_has_so_many_members_and_no_more() -> None:
    organization = Organization.create(uuid4(), "Acme", NOW)
    members = [uuid4() for _ in range(MOST_MEMBERS)]
    for member in members:
        organization.add_member(member, MemberRole.OPERATOR, NOW)
    with pytest.raises(OrganizationFull, match="at most 500"):
        organization.add_member(uuid4(), MemberRole.OPERATOR, NOW)
    organization.add_member(members[0], MemberRole.MANAGER, NOW)
    organization.remove_member(members[0], NOW)
    organization.add_member(uuid4(), MemberRole.OPERATOR, NOW)
