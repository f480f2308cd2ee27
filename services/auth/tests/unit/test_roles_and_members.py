"""Who may do what, and where."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from services.auth.tests.fakes.installation import FakeInstallation
from services.auth.tests.people import ADMIN, id_in, rendered

from auth_service.application.commands.add_member import AddMember, AddMemberHandler
from auth_service.application.commands.assign_role import AssignRole, AssignRoleHandler
from auth_service.application.commands.create_organization import CreateOrganization, CreateOrganizationHandler
from auth_service.application.commands.end_all_logins import EndAllLogins, EndAllLoginsHandler
from auth_service.application.commands.remove_member import RemoveMember, RemoveMemberHandler
from auth_service.application.commands.rename_organization import RenameOrganization, RenameOrganizationHandler
from auth_service.application.commands.revoke_role import RevokeRole, RevokeRoleHandler
from auth_service.application.commands.suspend_user import SuspendUser, SuspendUserHandler
from auth_service.application.queries.get_profile import GetProfile, GetProfileHandler
from auth_service.application.queries.list_organizations import ListOrganizations, ListOrganizationsHandler
from auth_service.domain.errors import UnknownOrganization, UnknownRole, UnknownUser
from auth_service.domain.organizations import MemberRole
from parking_chassis.ids import new_id
from parking_kernel.askers import Asker
from parking_kernel.concurrency import ChangedMeanwhile
from parking_kernel.repeatable import KeyReused, RequestKey


async def organization(auth: FakeInstallation, name: str = "Acme") -> UUID:
    create = CreateOrganizationHandler(auth.work, auth.clock, new_id)
    return id_in(await create(CreateOrganization(ADMIN, name), rendered))


async def join(auth: FakeInstallation, organization_id: UUID, user_id: UUID) -> None:
    await AddMemberHandler(auth.work, auth.clock)(AddMember(ADMIN, organization_id, user_id, MemberRole.OPERATOR))


async def leave(auth: FakeInstallation, organization_id: UUID, user_id: UUID) -> None:
    await RemoveMemberHandler(auth.work, auth.clock)(RemoveMember(ADMIN, organization_id, user_id))


async def assign(auth: FakeInstallation, user_id: UUID, role: str) -> None:
    await AssignRoleHandler(auth.work, auth.clock)(AssignRole(ADMIN, user_id, role))


class TestRoles:
    async def test_roles_are_given_and_taken_and_twice_is_once(self, auth: FakeInstallation) -> None:
        user = await auth.registered()
        revoke = RevokeRoleHandler(auth.work, auth.clock)
        for _ in range(2):
            await assign(auth, user.id, "admin")
        assert auth.tables.users[user.id].roles == {"user", "admin"}
        for _ in range(2):
            await revoke(RevokeRole(ADMIN, user.id, "admin"))
        assert auth.tables.users[user.id].roles == {"user"}
        assert auth.published() == ["UserRegistered", "RoleAssigned", "RoleRevoked"]

    async def test_an_unknown_role_or_user_is_said_to_be_one(self, auth: FakeInstallation) -> None:
        user = await auth.registered()
        with pytest.raises(UnknownRole):
            await assign(auth, user.id, "king")
        with pytest.raises(UnknownRole):
            await RevokeRoleHandler(auth.work, auth.clock)(RevokeRole(ADMIN, user.id, "king"))
        with pytest.raises(UnknownUser):
            await assign(auth, uuid4(), "admin")
        with pytest.raises(UnknownUser):
            await SuspendUserHandler(auth.work, auth.clock)(SuspendUser(ADMIN, uuid4(), "abuse"))


class TestMembers:
    async def test_a_member_becomes_an_operator_there(self, auth: FakeInstallation) -> None:
        user = await auth.registered()
        acme = await organization(auth)
        await join(auth, acme, user.id)
        await join(auth, acme, user.id)
        profile, grant = await GetProfileHandler(auth.work)(GetProfile(ADMIN, user.id))
        assert profile.roles == {"user", "operator"}
        assert [(each.organization_id, each.role) for each in grant.memberships] == [(acme, MemberRole.OPERATOR)]
        assert auth.published() == ["UserRegistered", "OrganizationCreated", "MemberAdded", "RoleAssigned"]

    async def test_the_role_goes_with_the_last_organization(self, auth: FakeInstallation) -> None:
        user = await auth.registered()
        acme, zenith = await organization(auth), await organization(auth, "Zenith")
        await join(auth, acme, user.id)
        await join(auth, zenith, user.id)
        await leave(auth, acme, user.id)
        assert "operator" in auth.tables.users[user.id].roles
        await leave(auth, zenith, user.id)
        assert "operator" not in auth.tables.users[user.id].roles

    async def test_letting_someone_go_who_never_was_there_takes_no_role(self, auth: FakeInstallation) -> None:
        user = await auth.registered()
        acme = await organization(auth)
        await assign(auth, user.id, "operator")
        await leave(auth, acme, user.id)
        assert "operator" in auth.tables.users[user.id].roles

    async def test_a_membership_of_nobody_or_nowhere_is_refused_whole(self, auth: FakeInstallation) -> None:
        user = await auth.registered()
        acme = await organization(auth)
        with pytest.raises(UnknownUser):
            await join(auth, acme, uuid4())
        with pytest.raises(UnknownOrganization):
            await join(auth, uuid4(), user.id)
        assert auth.tables.organizations[acme].members == {}
        assert auth.tables.users[user.id].roles == {"user"}


async def test_a_name_is_changed_only_by_someone_who_saw_the_last_one(auth: FakeInstallation) -> None:
    acme = await organization(auth)
    rename = RenameOrganizationHandler(auth.work, auth.clock)
    assert (await rename(RenameOrganization(ADMIN, acme, "Acme Parking", expected_version=1))).version == 2
    with pytest.raises(ChangedMeanwhile):
        await rename(RenameOrganization(ADMIN, acme, "Acme & Sons", expected_version=1))
    assert (await rename(RenameOrganization(ADMIN, acme, "Acme & Sons"))).version == 3


async def test_an_asker_sees_the_organizations_that_are_theirs(auth: FakeInstallation) -> None:
    user = await auth.registered()
    acme, zenith = await organization(auth), await organization(auth, "Zenith")
    await join(auth, zenith, user.id)
    find = ListOrganizationsHandler(auth.work)

    async def seen_by(asker: Asker) -> list[UUID]:
        return [each.id for each in await find(ListOrganizations(asker, None, 10))]

    assert await seen_by(Asker(user.id)) == [zenith]
    assert set(await seen_by(Asker(permissions=frozenset({"manage:organizations"})))) == {acme, zenith}
    assert await seen_by(Asker(permissions=frozenset({"read:parking"}))) == [], "a machine client belongs to none"


async def test_a_machine_client_has_no_devices_to_sign_out(auth: FakeInstallation) -> None:
    await auth.registered()
    await auth.signed_in()
    await EndAllLoginsHandler(auth.work, auth.clock)(EndAllLogins(Asker()))
    assert [each.is_open for each in auth.tables.logins.values()] == [True]


async def test_a_tenant_is_made_once_for_each_key(auth: FakeInstallation) -> None:
    create = CreateOrganizationHandler(auth.work, auth.clock, new_id)
    key = RequestKey("ada:organizations", "one", b"Acme")
    first = await create(CreateOrganization(ADMIN, "Acme", key), rendered)
    again = await create(CreateOrganization(ADMIN, "Acme", key), rendered)
    assert again == replace(first, replayed=True)
    with pytest.raises(KeyReused):
        await create(CreateOrganization(ADMIN, "Zenith", replace(key, fingerprint=b"Zenith")), rendered)
    assert list(auth.tables.organizations) == [id_in(first)]
    assert auth.published() == ["OrganizationCreated"]
