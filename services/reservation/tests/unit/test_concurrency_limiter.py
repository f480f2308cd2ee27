import asyncio

import pytest

from reservation_service.adapters.postgres.booking_pool import AllTaken, ConcurrencyLimiter


async def test_only_so_many_have_a_turn_at_once() -> None:
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


async def test_one_that_waits_too_long_is_refused_and_takes_nobodys_turn() -> None:
    limiter = ConcurrencyLimiter(at_once=1, patience=0.01)
    async with limiter.entered():
        with pytest.raises(AllTaken):
            await limiter.entered().__aenter__()
    async with limiter.entered():
        pass


async def test_a_turn_comes_back_when_its_block_raises() -> None:
    limiter = ConcurrencyLimiter(at_once=1, patience=0.01)

    async def fail() -> None:
        async with limiter.entered():
            raise RuntimeError

    for _ in range(2):
        with pytest.raises(RuntimeError):
            await fail()
