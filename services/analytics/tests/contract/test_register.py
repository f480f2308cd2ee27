"""The register: one index serves, one may be built, and the rest is over."""

from datetime import UTC, datetime, timedelta

import pytest

from analytics_service.application.ports import OpenWork, Projection, Targets
from analytics_service.domain.errors import RebuildAbandoned, RebuildRunning
from parking_kernel.askers import THE_SERVICE

LEDGER = Projection.LEDGER
FAR = datetime.now(UTC) + timedelta(days=3650)


async def targets(open_work: OpenWork) -> Targets:
    async with open_work(THE_SERVICE) as work:
        return (await work.register.targets())[LEDGER]


async def begin(open_work: OpenWork, index: str) -> None:
    async with open_work(THE_SERVICE) as work:
        await work.register.begin_build(LEDGER, index)


async def finish(open_work: OpenWork, index: str) -> None:
    async with open_work(THE_SERVICE) as work:
        await work.register.finish_build(LEDGER, index)


async def test_an_empty_register_knows_every_projection(open_work: OpenWork) -> None:
    async with open_work(THE_SERVICE) as work:
        assert await work.register.targets() == {projection: Targets() for projection in Projection}


async def test_the_first_index_serves_and_a_second_first_does_not(open_work: OpenWork) -> None:
    async with open_work(THE_SERVICE) as work:
        assert await work.register.begin_first(LEDGER, "a")
    async with open_work(THE_SERVICE) as work:
        assert not await work.register.begin_first(LEDGER, "b")
    assert await targets(open_work) == Targets(serving="a")


async def test_a_build_is_written_beside_the_serving_one_and_replaces_it(open_work: OpenWork) -> None:
    async with open_work(THE_SERVICE) as work:
        await work.register.begin_first(LEDGER, "a")
    await begin(open_work, "b")
    assert (await targets(open_work)).indices == ["a", "b"]
    await finish(open_work, "b")
    assert await targets(open_work) == Targets(serving="b")
    async with open_work(THE_SERVICE) as work:
        assert await work.register.over_since(FAR) == ["a"]
        await work.register.remove("a")
        await work.register.remove("b")
    async with open_work(THE_SERVICE) as work:
        assert await work.register.over_since(FAR) == []
    assert await targets(open_work) == Targets(serving="b")


async def test_one_build_at_a_time(open_work: OpenWork) -> None:
    await begin(open_work, "b")
    with pytest.raises(RebuildRunning, match="with --abandon it is given up"):
        await begin(open_work, "c")
    async with open_work(THE_SERVICE) as work:
        await work.register.begin_build(Projection.OCCUPANCY, "d")


async def test_a_build_that_was_given_up_cannot_take_over(open_work: OpenWork) -> None:
    async with open_work(THE_SERVICE) as work:
        await work.register.begin_first(LEDGER, "a")
    await begin(open_work, "b")
    async with open_work(THE_SERVICE) as work:
        await work.register.give_up_build(LEDGER, "b")
    with pytest.raises(RebuildAbandoned):
        await finish(open_work, "b")
    assert await targets(open_work) == Targets(serving="a")


async def test_giving_up_one_that_is_not_built_changes_nothing(open_work: OpenWork) -> None:
    await begin(open_work, "b")
    async with open_work(THE_SERVICE) as work:
        await work.register.give_up_build(LEDGER, "another")
    assert await targets(open_work) == Targets(building="b")


async def test_a_transaction_that_fails_leaves_the_register_as_it_was(open_work: OpenWork) -> None:
    async def fail() -> None:
        async with open_work(THE_SERVICE) as work:
            await work.register.begin_first(LEDGER, "a")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await targets(open_work) == Targets()
