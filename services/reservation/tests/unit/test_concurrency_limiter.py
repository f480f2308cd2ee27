import asyncio
from contextlib import suppress

import pytest

from reservation_service.adapters.postgres.booking_pool import AllTaken, ConcurrencyLimiter


async def test_only_so_many_are_in_at_once() -> None:
    limiter, inside, most = ConcurrencyLimiter(at_once=2, patience=5.0), 0, 0

    async def take() -> None:
        nonlocal inside, most
        async with limiter.entered():
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(take() for _ in range(10)))
    assert most == 2


async def test_one_that_waits_too_long_is_refused_and_takes_nobodys_permit() -> None:
    limiter = ConcurrencyLimiter(at_once=1, patience=0.01)
    async with limiter.entered():
        with pytest.raises(AllTaken):
            await limiter.entered().__aenter__()
    async with limiter.entered():
        pass


async def test_a_permit_comes_back_when_its_block_raises() -> None:
    limiter = ConcurrencyLimiter(at_once=1, patience=0.01)

    async def fail() -> None:
        async with limiter.entered():
            raise RuntimeError

    for _ in range(2):
        with pytest.raises(RuntimeError):
            await fail()


async def test_one_that_comes_again_is_served_before_those_that_are_new() -> None:
    limiter, order = ConcurrencyLimiter(at_once=1, patience=5.0), list[str]()

    async def enter(name: str, *, again: bool = False) -> None:
        async with limiter.entered(again=again):
            order.append(name)

    async with limiter.entered():
        waiting = [asyncio.create_task(enter(each)) for each in ("first", "second")]
        waiting += [asyncio.create_task(enter(each, again=True)) for each in ("back", "back later")]
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    assert order == ["back", "back later", "first", "second"]


@pytest.mark.parametrize("permit_has_come", [False, True])
async def test_the_permit_of_one_that_is_given_up_goes_to_the_next(permit_has_come: bool) -> None:
    limiter = ConcurrencyLimiter(at_once=1, patience=5.0)

    async def enter() -> None:
        async with limiter.entered():
            pass

    async with limiter.entered():
        given_up, following = asyncio.create_task(enter()), asyncio.create_task(enter())
        await asyncio.sleep(0)
        if not permit_has_come:
            given_up.cancel()
    given_up.cancel()  # now it has come, if the task was not cancelled before, and the task does not know yet
    with suppress(asyncio.CancelledError):
        await given_up
    async with asyncio.timeout(1):
        await following
        async with limiter.entered():
            pass
