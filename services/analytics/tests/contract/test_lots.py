"""Own copies of lots."""

from dataclasses import replace
from uuid import uuid4
from zoneinfo import ZoneInfo

from analytics_service.application.ports import Lot, LotCopy, OpenWork
from parking_kernel.askers import THE_SERVICE

COPY = LotCopy(uuid4(), uuid4(), "Europe/Zurich", "CHF", 4, 2)


async def test_the_newest_version_is_kept(open_work: OpenWork) -> None:
    for copy in (COPY, replace(COPY, spots=9, version=1), replace(COPY, spots=7, version=3)):
        async with open_work(THE_SERVICE) as work:
            await work.lots.keep(copy)
    async with open_work(THE_SERVICE) as work:
        kept = await work.lots.get(COPY.id)
        assert kept == Lot(COPY.id, COPY.organization_id, ZoneInfo("Europe/Zurich"), "CHF", 7)
        assert await work.lots.of_organization(COPY.organization_id) == [kept]


async def test_what_is_not_kept_is_not_there(open_work: OpenWork) -> None:
    async with open_work(THE_SERVICE) as work:
        assert await work.lots.get(uuid4()) is None
        assert await work.lots.of_organization(uuid4()) == []
