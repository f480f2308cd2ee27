"""See `auth_service.application.ports.CountedAttempts`."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from services.auth.tests.people import NOW

from auth_service.application.ports import OpenWork
from auth_service.domain.attempts import STORED_FOR, Attempts
from parking_kernel.askers import THE_SERVICE

KEY = b"key"
SECOND = timedelta(seconds=1)


async def test_what_is_counted_comes_back_until_it_is_cleared(open_work: OpenWork) -> None:
    counted = Attempts(3, NOW, NOW + SECOND)
    async with open_work(THE_SERVICE) as work:
        assert await work.attempts.find(KEY) is None
        assert await work.attempts.open(KEY, NOW) == Attempts.none(NOW)
        await work.attempts.store(KEY, counted)
    async with open_work(THE_SERVICE) as work:
        assert await work.attempts.find(KEY) == await work.attempts.open(KEY, NOW + SECOND) == counted
        assert await work.attempts.find(b"another") is None
        await work.attempts.clear(KEY)
        assert await work.attempts.find(KEY) is None


async def test_none_of_many_at_once_is_lost(open_work: OpenWork) -> None:
    async def one_more() -> None:
        async with open_work(THE_SERVICE) as work:
            so_far = await work.attempts.open(KEY, NOW)
            await work.attempts.store(KEY, replace(so_far, count=so_far.count + 1))

    await asyncio.gather(*(one_more() for _ in range(20)))
    async with open_work(THE_SERVICE) as work:
        assert await work.attempts.find(KEY) == Attempts(20, NOW)


async def test_old_ones_are_purged_in_batches(open_work: OpenWork) -> None:
    async with open_work(THE_SERVICE) as work:
        for key, at in ((b"one", NOW), (b"other", NOW), (KEY, NOW + 2 * SECOND)):
            await work.attempts.open(key, at)
    later = NOW + STORED_FOR + SECOND
    for purged in (1, 1, 0):
        async with open_work(THE_SERVICE) as work:
            assert await work.attempts.purge(later, 1) == purged
    async with open_work(THE_SERVICE) as work:
        assert await work.attempts.find(KEY) is not None


async def test_a_place_is_known_since_the_last_sign_in_there(open_work: OpenWork) -> None:
    async with open_work(THE_SERVICE) as work:
        await work.places.note(KEY, NOW)
        await work.places.note(KEY, NOW + SECOND)
    async with open_work(THE_SERVICE) as work:
        assert await work.places.is_known(KEY, NOW + SECOND)
        assert not await work.places.is_known(KEY, NOW + 2 * SECOND)
        assert not await work.places.is_known(b"another", NOW)


async def test_places_where_nobody_signed_in_for_long_are_purged_in_batches(open_work: OpenWork) -> None:
    async with open_work(THE_SERVICE) as work:
        for key, at in ((b"one", NOW), (b"other", NOW), (KEY, NOW + SECOND)):
            await work.places.note(key, at)
    for purged in (1, 1, 0):
        async with open_work(THE_SERVICE) as work:
            assert await work.places.purge(NOW + SECOND, 1) == purged
    async with open_work(THE_SERVICE) as work:
        assert await work.places.is_known(KEY, NOW)
