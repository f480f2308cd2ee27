"""See `auth_service.application.ports.Organizations` and `Roles`."""

import asyncio

import pytest
from services.auth.tests.fakes.clock import FakeClock
from services.auth.tests.people import ADMIN, NOW, stored_organization, stored_user

from auth_service.application.commands.add_member import AddMember, AddMemberHandler
from auth_service.application.ports import OpenWork
from auth_service.domain.errors import UnknownOrganization
from auth_service.domain.grants import Membership
from auth_service.domain.organizations import MemberRole
from parking_chassis.ids import new_id
from parking_kernel.askers import THE_SERVICE
from parking_kernel.concurrency import ChangedMeanwhile


async def test_an_organization_comes_back_with_its_members(open_work: OpenWork) -> None:
    user, other = await stored_user(open_work), await stored_user(open_work, "other@example.com")
    organization = await stored_organization(open_work)
    async with open_work(THE_SERVICE) as work:
        mine = await work.organizations.get(organization.state.id)
        mine.add_member(user.state.id, MemberRole.OPERATOR, NOW)
        mine.add_member(other.state.id, MemberRole.MANAGER, NOW)
        mine.remove_member(user.state.id, NOW)
        mine.rename("Acme Parking", NOW)
        await work.organizations.save(mine)
    async with open_work(THE_SERVICE) as work:
        assert (await work.organizations.get(organization.state.id)).state == mine.state
        with pytest.raises(UnknownOrganization):
            await work.organizations.get(new_id())


async def test_a_change_of_what_was_changed_meanwhile_is_refused(open_work: OpenWork) -> None:
    stale = await stored_organization(open_work)
    async with open_work(THE_SERVICE) as work:
        organization = await work.organizations.get(stale.state.id)
        organization.rename("Acme Parking", NOW)
        await work.organizations.save(organization)
    async with open_work(THE_SERVICE) as work:
        await work.organizations.save(stale)
        stale.rename("Acme & Sons", NOW)
        with pytest.raises(ChangedMeanwhile):
            await work.organizations.save(stale)


async def test_members_added_at_once_all_get_in(open_work: OpenWork) -> None:
    organization_id = (await stored_organization(open_work)).state.id
    users = [await stored_user(open_work, f"operator{number}@example.com") for number in range(5)]
    add = AddMemberHandler(open_work, FakeClock())
    await asyncio.gather(
        *(add(AddMember(ADMIN, organization_id, user.state.id, MemberRole.OPERATOR)) for user in users)
    )
    async with open_work(THE_SERVICE) as work:
        organization = (await work.organizations.get(organization_id)).state
    assert organization.members.keys() == {user.state.id for user in users}
    assert organization.version == 1 + len(users)


async def test_a_page_goes_by_ids_and_may_be_a_members_own(open_work: OpenWork) -> None:
    user = await stored_user(open_work)
    organizations = [await stored_organization(open_work, name) for name in ("Zenith", "Acme", "Mid")]
    async with open_work(THE_SERVICE) as work:
        acme = await work.organizations.get(organizations[1].state.id)
        acme.add_member(user.state.id, MemberRole.OPERATOR, NOW)
        await work.organizations.save(acme)
        first, second, third = organizations[0].state, acme.state, organizations[2].state
        assert await work.organizations.page(None, None, 2) == [first, second]
        assert await work.organizations.page(None, second.id, 2) == [third]
        assert await work.organizations.page(user.state.id, None, 2) == [second]
        assert await work.organizations.page(user.state.id, second.id, 2) == []


async def test_the_shipped_roles_are_there(open_work: OpenWork) -> None:
    async with open_work(THE_SERVICE) as work:
        roles = {role.name: role.permissions for role in await work.roles.all()}
    assert list(roles) == ["admin", "guest", "operator", "user"]
    assert roles["admin"] == {"*"}
    assert roles["guest"] < roles["user"]


async def test_a_grant_joins_all_roles_and_all_organizations(open_work: OpenWork) -> None:
    user = await stored_user(open_work)
    zenith, acme = await stored_organization(open_work, "Zenith"), await stored_organization(open_work, "Acme")
    async with open_work(THE_SERVICE) as work:
        mine = await work.users.get(user.state.id)
        mine.assign_role("operator", NOW)
        await work.users.save(mine)
        for organization_id in (zenith.state.id, acme.state.id):
            organization = await work.organizations.get(organization_id)
            organization.add_member(user.state.id, MemberRole.OPERATOR, NOW)
            await work.organizations.save(organization)
        grant = await work.roles.grant_of(mine.state)
    assert grant.permissions >= {"write:reservation", "operate:gate"}
    assert list(grant.memberships) == [
        Membership(acme.state.id, "Acme", MemberRole.OPERATOR),
        Membership(zenith.state.id, "Zenith", MemberRole.OPERATOR),
    ]
