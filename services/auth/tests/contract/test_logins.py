"""See `auth_service.application.ports.Logins`."""

import asyncio
from datetime import datetime, timedelta

import pytest
from services.auth.tests.people import NOW, stored_login, stored_user

from auth_service.application.ports import Logins, OpenWork
from auth_service.domain.errors import AskerSignedOut
from auth_service.domain.logins import (
    LOGIN_LIFETIME,
    REFRESH_TOKEN_LIFETIME,
    STORED_WHEN_OVER,
    EndReason,
    RefreshToken,
)
from parking_chassis.ids import new_id
from parking_kernel.askers import THE_SERVICE, Asker
from parking_kernel.concurrency import ChangedMeanwhile

SECOND = timedelta(seconds=1)


async def purged(logins: Logins, at: datetime, limit: int) -> int:
    """As the timer does it."""
    await logins.end_expired(at, limit)
    return await logins.purge(at, limit)


async def test_a_login_is_found_by_each_of_its_tokens(open_work: OpenWork) -> None:
    user = await stored_user(open_work)
    login = await stored_login(open_work, user.state.id, b"first")
    first = RefreshToken(b"first", login.state.id, NOW, None)
    second = RefreshToken(b"second", login.state.id, NOW + SECOND, None)
    async with open_work(THE_SERVICE) as work:
        await work.logins.rotate(first, second)
        found = await work.logins.by_refresh_token(b"first")
        assert found is not None
        assert (found[0].state, found[1].used_at) == (login.state, NOW + SECOND)
        found = await work.logins.by_refresh_token(b"second")
        assert found is not None
        assert found[1] == second
        assert await work.logins.by_refresh_token(b"third") is None


async def test_of_many_with_one_token_one_finds_it_unused(open_work: OpenWork) -> None:
    user = await stored_user(open_work)
    login = await stored_login(open_work, user.state.id, b"token")

    async def use(number: int) -> bool:
        async with open_work(THE_SERVICE) as work:
            found = await work.logins.by_refresh_token(b"token")
            assert found is not None
            if found[1].used_at is not None:
                return False
            await work.logins.rotate(found[1], RefreshToken(b"%d" % number, login.state.id, NOW, None))
            return True

    assert sorted(await asyncio.gather(*(use(number) for number in range(8)))) == [False] * 7 + [True]


async def test_an_end_is_stored(open_work: OpenWork) -> None:
    user = await stored_user(open_work)
    login = await stored_login(open_work, user.state.id, b"token")
    async with open_work(THE_SERVICE) as work:
        (mine,) = await work.logins.open_of_user(user.state.id, 10)
        mine.end(EndReason.SIGNED_OUT, NOW)
        await work.logins.save(mine)
    async with open_work(THE_SERVICE) as work:
        ended = await work.logins.get(login.state.id)
        assert ended is not None
        assert ended.state == mine.state
        assert await work.logins.open_of_user(user.state.id, 10) == []
        assert await work.logins.get(new_id()) is None


async def test_a_change_of_what_was_changed_meanwhile_is_refused(open_work: OpenWork) -> None:
    user = await stored_user(open_work)
    stale = await stored_login(open_work, user.state.id, b"token")
    async with open_work(THE_SERVICE) as work:
        (login,) = await work.logins.open_of_user(user.state.id, 10)
        login.end(EndReason.SIGNED_OUT, NOW)
        await work.logins.save(login)
    stale.end(EndReason.SUSPENDED, NOW)
    async with open_work(THE_SERVICE) as work:
        with pytest.raises(ChangedMeanwhile):
            await work.logins.save(stale)


async def test_ending_one_and_ending_all_at_once_both_succeed(open_work: OpenWork) -> None:
    user = await stored_user(open_work)
    logins = [await stored_login(open_work, user.state.id, b"%d" % number) for number in range(4)]

    async def end_all() -> None:
        async with open_work(THE_SERVICE) as work:
            for login in await work.logins.open_of_user(user.state.id, 10):
                login.end(EndReason.SIGNED_OUT, NOW)
                await work.logins.save(login)

    async def end_last() -> None:
        async with open_work(THE_SERVICE) as work:
            login = await work.logins.get(logins[-1].state.id)
            assert login is not None
            login.end(EndReason.SIGNED_OUT, NOW)
            await work.logins.save(login)

    await asyncio.gather(end_all(), end_last(), end_all())
    async with open_work(THE_SERVICE) as work:
        assert await work.logins.open_of_user(user.state.id, 10) == []


async def test_devices_are_those_that_can_go_on_the_newest_first(open_work: OpenWork) -> None:
    user, other = await stored_user(open_work), await stored_user(open_work, "other@example.com")
    await stored_login(open_work, user.state.id, b"unused", NOW - REFRESH_TOKEN_LIFETIME)
    old = await stored_login(open_work, user.state.id, b"old", NOW - timedelta(days=1))
    new = await stored_login(open_work, user.state.id, b"new")
    await stored_login(open_work, other.state.id, b"other")
    async with open_work(THE_SERVICE) as work:
        assert await work.logins.devices_of_user(user.state.id, NOW, None, 10) == [new.state, old.state]
        assert await work.logins.devices_of_user(user.state.id, NOW, None, 1) == [new.state]
        assert await work.logins.devices_of_user(user.state.id, NOW, new.state.id, 10) == [old.state]
        assert await work.logins.count_open(NOW) == 3
        assert await work.logins.count_open(NOW + LOGIN_LIFETIME) == 0


async def test_what_is_over_for_long_is_purged_in_batches(open_work: OpenWork) -> None:
    user = await stored_user(open_work)
    long_ago = NOW - REFRESH_TOKEN_LIFETIME - STORED_WHEN_OVER - SECOND
    for number in range(3):
        await stored_login(open_work, user.state.id, b"unused %d" % number, long_ago)
    ended = await stored_login(open_work, user.state.id, b"ended", NOW)
    fresh = await stored_login(open_work, user.state.id, b"fresh", NOW)
    async with open_work(THE_SERVICE) as work:
        ended.end(EndReason.SIGNED_OUT, NOW)
        await work.logins.save(ended)
        # Two logins with their tokens and the token of the third, then the third.
        assert [await purged(work.logins, NOW, 2) for _ in range(3)] == [3, 1, 0]
        assert await work.logins.by_refresh_token(b"unused 0") is None
        assert await purged(work.logins, NOW + STORED_WHEN_OVER, 2) == 0
        assert await purged(work.logins, NOW + STORED_WHEN_OVER + SECOND, 2) == 1
        assert await work.logins.get(ended.state.id) is None
        assert await work.logins.get(fresh.state.id) is not None


async def test_expired_tokens_of_a_living_login_are_purged(open_work: OpenWork) -> None:
    user = await stored_user(open_work)
    login = await stored_login(open_work, user.state.id, b"first", NOW - REFRESH_TOKEN_LIFETIME - SECOND)
    first = RefreshToken(b"first", login.state.id, login.state.started_at, None)
    async with open_work(THE_SERVICE) as work:
        await work.logins.rotate(first, RefreshToken(b"second", login.state.id, NOW, None))
        assert await purged(work.logins, NOW, 10) == 1
        assert await work.logins.by_refresh_token(b"first") is None
        assert await work.logins.by_refresh_token(b"second") is not None


async def test_a_login_that_somebody_asks_by_stands_until_it_ends(open_work: OpenWork) -> None:
    user = await stored_user(open_work)
    login = await stored_login(open_work, user.state.id, b"token")
    asker = Asker(user.state.id, login_id=login.state.id)
    async with open_work(asker) as work:
        await work.askers_login.still_stands()
        mine = await work.logins.get(login.state.id)
        assert mine is not None
        mine.end(EndReason.ROLE_REVOKED, NOW)
        await work.logins.save(mine)
    async with open_work(asker) as work:
        with pytest.raises(AskerSignedOut):
            await work.askers_login.still_stands()
    async with open_work(THE_SERVICE) as work:
        await work.askers_login.still_stands()
