"""See `auth_service.application.ports.Users`."""

import asyncio

import pytest
from services.auth.tests.people import ABUSE, NOW, some_user, stored_user

from auth_service.application.ports import OpenWork
from auth_service.domain.errors import UnknownUser
from parking_chassis.ids import new_id
from parking_kernel.askers import THE_SERVICE
from parking_kernel.concurrency import ChangedMeanwhile


async def test_a_user_comes_back_as_it_was_stored(open_work: OpenWork) -> None:
    user = await stored_user(open_work)
    async with open_work(THE_SERVICE) as work:
        assert await work.users.read(user.state.id) == user.state
        assert (await work.users.get(user.state.id)).state == user.state
        assert await work.users.by_email(" DORA@example.com ") == user.state
        assert await work.users.by_email("nobody@example.com") is None


async def test_someone_unknown_is_said_to_be(open_work: OpenWork) -> None:
    async with open_work(THE_SERVICE) as work:
        with pytest.raises(UnknownUser):
            await work.users.get(new_id())
        with pytest.raises(UnknownUser):
            await work.users.read(new_id())


async def test_an_address_is_taken_once(open_work: OpenWork) -> None:
    first = await stored_user(open_work)
    async with open_work(THE_SERVICE) as work:
        assert not await work.users.add(some_user("Dora@EXAMPLE.com"))
        assert await work.users.by_email("dora@example.com") == first.state


async def test_of_many_at_once_one_gets_the_address(open_work: OpenWork) -> None:
    async def register() -> bool:
        async with open_work(THE_SERVICE) as work:
            return await work.users.add(some_user())

    assert sorted(await asyncio.gather(*(register() for _ in range(8)))) == [False] * 7 + [True]


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
        assert await work.users.page(None, None, 2) == [ada, bob]
        assert await work.users.page(None, bob.id, 2) == [cy]
        assert await work.users.page("ADA", None, 10) == [ada, cy]
        assert await work.users.page("0%", None, 10) == [bob]
        assert await work.users.page("y_a", None, 10) == [cy]
