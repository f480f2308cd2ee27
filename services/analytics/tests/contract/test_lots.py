"""Own copies of lots."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from services.analytics.tests.events import NOON

from analytics_service.application.ports import Lot, LotCopy, OpenWork
from analytics_service.domain.occupancy import LotSize
from parking_kernel.askers import THE_SERVICE

COPY = LotCopy(uuid4(), uuid4(), "Europe/Zurich", "CHF", 4, 2)
HOUR = timedelta(hours=1)


async def test_the_newest_version_is_kept(open_work: OpenWork) -> None:
    for copy in (COPY, replace(COPY, spots=9, version=1), replace(COPY, spots=7, version=3)):
        async with open_work(THE_SERVICE) as work:
            await work.lots.keep(copy, NOON)
    async with open_work(THE_SERVICE) as work:
        kept = await work.lots.get(COPY.id)
        assert kept == Lot(COPY.id, COPY.organization_id, ZoneInfo("Europe/Zurich"), "CHF", 7)
        assert await work.lots.of_organization(COPY.organization_id) == [kept]


async def test_each_size_is_known_from_when_on(open_work: OpenWork) -> None:
    versions = [(2, 4), (3, 4), (5, 9), (4, 7), (6, 4)]
    for number, (version, spots) in enumerate(versions):
        async with open_work(THE_SERVICE) as work:
            await work.lots.keep(replace(COPY, spots=spots, version=version), NOON + number * HOUR)
    async with open_work(THE_SERVICE) as work:
        sizes = await work.lots.sizes(COPY.id)
        assert list(sizes) == [LotSize(NOON, 4), LotSize(NOON + 2 * HOUR, 9), LotSize(NOON + 4 * HOUR, 4)]
        assert list(await work.lots.sizes(uuid4())) == []


async def test_what_is_not_kept_is_not_there(open_work: OpenWork) -> None:
    async with open_work(THE_SERVICE) as work:
        assert await work.lots.get(uuid4()) is None
        assert await work.lots.of_organization(uuid4()) == []
