"""What goes on while a block lasts ends with it, and ends it where it fails."""

import asyncio

import pytest

from parking_platform.testing.waiting import meanwhile


async def test_it_goes_on_until_the_block_ends():
    seen: list[int] = []

    async def count() -> None:
        while True:
            seen.append(len(seen))
            await asyncio.sleep(0)

    async with meanwhile(count()):
        while len(seen) < 3:  # noqa: ASYNC110 - it counts, and signals nobody
            await asyncio.sleep(0)
    ended = len(seen)
    await asyncio.sleep(0)
    assert len(seen) == ended


async def test_its_failure_ends_the_block_and_is_not_lost():
    async def fail() -> None:
        raise LookupError("nothing there")

    with pytest.raises(ExceptionGroup) as caught:
        async with meanwhile(fail()):
            await asyncio.Event().wait()
    assert [str(each) for each in caught.value.exceptions] == ["nothing there"]
