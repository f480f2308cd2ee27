"""See `auth_service.application.ports.Users`."""

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest
from services.auth.tests.people import ABUSE, NOW, some_user, stored_user

from auth_service.application.ports import OpenWork
from auth_service.domain.errors import UnknownUser
from auth_service.domain.users import SHARED_BY, PastStatus, StatusChange, UserFilter, UserStatus
from parking_chassis.ids import new_id
from parking_kernel.askers import THE_SERVICE
from parking_kernel.concurrency import ChangedMeanwhile


async def test_a_user_comes_back_as_it_was_stored(open_work: OpenWork) -> None:
    user = await stored_user(open_work)
    async with open_work(THE_SERVICE) as work:
        assert await work.users.read(user.state.id) == user.state
        assert (await work.users.get(user.state.id)).state == user.state
        assert await work.users.of_address(" DORA@example.com ") == [user.state]
        assert await work.users.of_address("nobody@example.com") == []


async def test_someone_unknown_is_said_to_be(open_work: OpenWork) -> None:
    async with open_work(THE_SERVICE) as work:
        with pytest.raises(UnknownUser):
            await work.users.get(new_id())
        with pytest.raises(UnknownUser):
            await work.users.read(new_id())


async def test_an_address_is_taken_by_verification_alone(open_work: OpenWork) -> None:
    first, second = await stored_user(open_work), await stored_user(open_work, "Dora@EXAMPLE.com")
    async with open_work(THE_SERVICE) as work:
        assert await work.users.of_address("dora@example.com") == [second.state, first.state]
        assert [each.state for each in await work.users.sharing("dora@example.com")] == [first.state, second.state]
    async with open_work(THE_SERVICE) as work:
        verified = await work.users.get(first.state.id)
        verified.verify(NOW)
        await work.users.save(verified)
    taken = some_user("Dora@EXAMPLE.com")
    taken.verify(NOW)
    async with open_work(THE_SERVICE) as work:
        assert await work.users.of_address("dora@example.com") == [verified.state]
        assert [each.state for each in await work.users.sharing("dora@example.com")] == [verified.state]
        assert not await work.users.add(taken)


async def test_of_many_verified_at_once_one_gets_the_address(open_work: OpenWork) -> None:
    async def add() -> bool:
        user = some_user()
        user.verify(NOW)
        async with open_work(THE_SERVICE) as work:
            return await work.users.add(user)

    assert sorted(await asyncio.gather(*(add() for _ in range(8)))) == [False] * 7 + [True]


async def test_of_many_that_share_an_address_one_verifies_it_at_once(open_work: OpenWork) -> None:
    users = [await stored_user(open_work) for _ in range(8)]

    async def verify(user_id: UUID) -> bool:
        async with open_work(THE_SERVICE) as work:
            sharing = {each.state.id: each for each in await work.users.sharing("dora@example.com")}
            mine = sharing.pop(user_id, None)
            if mine is None:
                return False
            for other in sharing.values():
                other.lose_address(NOW)
                await work.users.save(other)
            mine.verify(NOW)
            await work.users.save(mine)
            return True

    outcomes = await asyncio.gather(*(verify(user.state.id) for user in users))
    assert sorted(outcomes) == [False] * 7 + [True]
    async with open_work(THE_SERVICE) as work:
        states = [await work.users.read(user.state.id) for user in users]
    assert [state.is_verified for state in states] == outcomes
    assert [state.email is not None for state in states] == outcomes


async def test_another_hash_is_stored_without_another_version(open_work: OpenWork) -> None:
    user = (await stored_user(open_work)).state
    async with open_work(THE_SERVICE) as work:
        await work.users.store_hash(user.id, "another")
        assert await work.users.read(user.id) == replace(user, password_hash="another")


async def test_what_a_failing_block_did_is_undone(open_work: OpenWork) -> None:
    user = some_user()

    async def fail() -> None:
        async with open_work(THE_SERVICE) as work:
            await work.users.add(user)
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    async with open_work(THE_SERVICE) as work:
        with pytest.raises(UnknownUser):
            await work.users.read(user.state.id)


async def test_a_changed_user_is_stored(open_work: OpenWork) -> None:
    user_id = (await stored_user(open_work)).state.id
    async with open_work(THE_SERVICE) as work:
        user = await work.users.get(user_id)
        user.suspend(ABUSE)
        user.verify(NOW)
        user.assign_role("operator", NOW)
        await work.users.save(user)
    async with open_work(THE_SERVICE) as work:
        assert await work.users.read(user_id) == user.state


async def test_a_change_of_what_was_changed_meanwhile_is_refused(open_work: OpenWork) -> None:
    user_id = (await stored_user(open_work)).state.id
    async with open_work(THE_SERVICE) as work:
        stale = await work.users.get(user_id)
    async with open_work(THE_SERVICE) as work:
        user = await work.users.get(user_id)
        user.verify(NOW)
        await work.users.save(user)
    async with open_work(THE_SERVICE) as work:
        await work.users.save(stale)
        stale.suspend(ABUSE)
        with pytest.raises(ChangedMeanwhile):
            await work.users.save(stale)


async def test_changes_at_once_follow_each_other(open_work: OpenWork) -> None:
    user_id = (await stored_user(open_work)).state.id

    async def assign(role: str) -> None:
        async with open_work(THE_SERVICE) as work:
            user = await work.users.get(user_id)
            user.assign_role(role, NOW)
            await work.users.save(user)

    await asyncio.gather(*(assign(role) for role in ("operator", "admin", "guest")))
    async with open_work(THE_SERVICE) as work:
        assert (await work.users.read(user_id)).roles == {"user", "operator", "admin", "guest"}


async def test_a_page_goes_by_ids_and_finds_parts_of_names_and_addresses(open_work: OpenWork) -> None:
    people = [some_user("ada@example.com", "Ada"), some_user("bob@100%.example"), some_user("cy@x.example", "Cy_Ada")]
    async with open_work(THE_SERVICE) as work:
        for user in people:
            await work.users.add(user)
        ada, bob, cy = (user.state for user in people)
        assert await work.users.page(UserFilter(), None, 2) == [ada, bob]
        assert await work.users.page(UserFilter(), bob.id, 2) == [cy]
        assert await work.users.page(UserFilter("ADA"), None, 10) == [ada, cy]
        assert await work.users.page(UserFilter("0%"), None, 10) == [bob]
        assert await work.users.page(UserFilter("y_a"), None, 10) == [cy]


async def test_a_name_is_found_in_either_unicode_form_in_any_case_and_without_its_accents(open_work: OpenWork) -> None:
    names = ("Zo\u00eb", "Stra\u00dfe", "\u0141\u00f3d\u017a")
    zoe, strasse, lodz = (some_user(f"{number}@example.com", name) for number, name in enumerate(names))
    async with open_work(THE_SERVICE) as work:
        for user in (zoe, strasse, lodz):
            await work.users.add(user)
        for query in ("Zo\u00eb", "Zoe\u0308", "ZO\u00cb", "zoe"):
            assert await work.users.page(UserFilter(query), None, 10) == [zoe.state], ascii(query)
        for query in ("stra\u00dfe", "STRASSE"):
            assert await work.users.page(UserFilter(query), None, 10) == [strasse.state]
        assert await work.users.page(UserFilter("lodz"), None, 10) == [lodz.state]
        assert await work.users.page(UserFilter("zoa"), None, 10) == []


async def test_users_are_filtered_by_status_role_and_verification(open_work: OpenWork) -> None:
    people = [some_user(f"{name}@example.com", name) for name in ("ada", "bob", "cy")]
    ada, bob, cy = people
    ada.assign_role("operator", NOW)
    bob.suspend(ABUSE)
    cy.verify(NOW)
    async with open_work(THE_SERVICE) as work:
        for user in people:
            await work.users.add(user)

        async def found(wanted: UserFilter) -> list[str]:
            return [each.full_name for each in await work.users.page(wanted, None, 10)]

        assert await found(UserFilter(status=UserStatus.SUSPENDED)) == ["bob"]
        assert await found(UserFilter(status=UserStatus.ACTIVE)) == ["ada", "cy"]
        assert await found(UserFilter(role="operator")) == ["ada"]
        assert await found(UserFilter(role="nobody")) == []
        assert await found(UserFilter(is_verified=True)) == ["cy"]
        assert await found(UserFilter(is_verified=False, status=UserStatus.ACTIVE)) == ["ada"]
        assert await found(UserFilter(query="CY", is_verified=True)) == ["cy"]


async def test_each_change_of_a_status_is_stored_once(open_work: OpenWork) -> None:
    user_id = (await stored_user(open_work)).state.id
    reinstated = StatusChange("said sorry", None, NOW)
    async with open_work(THE_SERVICE) as work:
        user = await work.users.get(user_id)
        user.suspend(ABUSE)
        user.reinstate(reinstated)
        await work.users.save(user)
    async with open_work(THE_SERVICE) as work:
        again = await work.users.get(user_id)
        again.assign_role("operator", NOW)
        await work.users.save(again)
    async with open_work(THE_SERVICE) as work:
        history = [PastStatus(UserStatus.ACTIVE, reinstated), PastStatus(UserStatus.SUSPENDED, ABUSE)]
        assert await work.users.status_history(user_id, 10) == history
        assert await work.users.status_history(user_id, 1) == history[:1]
        assert await work.users.status_history(new_id(), 10) == []


async def test_accounts_that_are_used_come_before_those_that_share_their_address(open_work: OpenWork) -> None:
    used = (await stored_user(open_work)).state
    async with open_work(THE_SERVICE) as work:
        await work.users.note_sign_in(used.id)
    others = [(await stored_user(open_work)).state for _ in range(SHARED_BY)]
    async with open_work(THE_SERVICE) as work:
        found = await work.users.of_address("dora@example.com")
    assert found[:2] == [replace(used, has_signed_in=True), others[-1]]
    assert len(found) == SHARED_BY
