"""The loops beside the HTTP application."""

import asyncio

import pytest

from notification_service.entrypoints.http.app import running


async def test_of_two_loops_that_fail_both_are_reported() -> None:
    async def first(stop: asyncio.Event) -> None:
        await stop.wait()
        raise ValueError("first")

    async def second(stop: asyncio.Event) -> None:
        await stop.wait()
        raise OSError("second")

    with pytest.raises(BaseExceptionGroup) as failed:
        async with running(first, second):
            pass
    assert [str(each) for each in failed.value.exceptions] == ["first", "second"]


async def test_a_loop_that_fails_takes_no_other_with_it() -> None:
    ended: list[str] = []

    async def failing(_stop: asyncio.Event) -> None:
        raise ValueError("at once")

    async def slow(stop: asyncio.Event) -> None:
        await stop.wait()
        await asyncio.sleep(0)
        ended.append("slow")

    with pytest.raises(ValueError, match="at once"):
        async with running(failing, slow):
            pass
    assert ended == ["slow"]
