"""Identical requests ask once."""

import asyncio
from collections.abc import Sequence

import pytest
from prometheus_client import REGISTRY
from services.reservation.tests.examples import a_lot, period

from reservation_service.adapters.alternatives import OncePerSecond
from reservation_service.application.ports import Alternative, SpotRequest


class Search:
    """Takes until it is released; fails when it is to."""

    def __init__(self) -> None:
        self.calls = 0
        self.fails = False
        self.released = asyncio.Event()

    async def __call__(self, spot_request: SpotRequest) -> Sequence[Alternative]:
        self.calls += 1
        await self.released.wait()
        if self.fails:
            raise ConnectionError("away")
        return []


SPOT_REQUEST = SpotRequest(a_lot().id, period())


async def test_all_that_ask_at_once_share_one_search() -> None:
    search = Search()
    once = OncePerSecond(search)
    asking = [asyncio.create_task(once.find(SPOT_REQUEST)) for _ in range(10)]
    await asyncio.sleep(0)
    search.released.set()
    assert await asyncio.gather(*asking) == [[]] * 10
    await once.find(SPOT_REQUEST)
    assert search.calls == 1
    await once.find(SpotRequest(SPOT_REQUEST.parking_lot_id, period(4)))
    assert search.calls == 2


async def test_a_request_that_asks_no_database_is_a_hit() -> None:
    def lookups(outcome: str) -> float:
        labels = {"cache": "alternatives", "outcome": outcome}
        return REGISTRY.get_sample_value("cache_lookups_total", labels) or 0

    hits, misses, search = lookups("hit"), lookups("miss"), Search()
    once = OncePerSecond(search)
    search.released.set()
    await asyncio.gather(*(once.find(SPOT_REQUEST) for _ in range(10)))
    await once.find(SPOT_REQUEST)
    assert (lookups("hit") - hits, lookups("miss") - misses) == (10, 1)


async def test_one_that_stops_waiting_does_not_stop_the_others() -> None:
    search = Search()
    once = OncePerSecond(search)
    first, second = (asyncio.create_task(once.find(SPOT_REQUEST)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    search.released.set()
    assert await second == []
    assert first.cancelled()


async def test_a_failure_is_everybodys_who_waited_and_is_not_kept() -> None:
    search = Search()
    search.fails = True
    search.released.set()
    once = OncePerSecond(search)
    asking = [asyncio.create_task(once.find(SPOT_REQUEST)) for _ in range(3)]
    for each in asking:
        with pytest.raises(ConnectionError):
            await each
    search.fails = False
    assert await once.find(SPOT_REQUEST) == []
    assert search.calls == 2


async def test_a_failure_that_nobody_waits_for_makes_no_noise() -> None:
    search = Search()
    search.fails = True
    once = OncePerSecond(search)
    asking = asyncio.create_task(once.find(SPOT_REQUEST))
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.sleep(0)
    search.released.set()
    for _ in range(3):
        await asyncio.sleep(0)
    assert asking.cancelled()
