"""A projection is built again beside the one that serves, which goes on until the new one knows all that it knows."""

from datetime import timedelta
from uuid import uuid4

import pytest
from services.analytics.tests.events import NOON, confirmed, counted, posted
from services.analytics.tests.fakes.installation import FakeInstallation

from analytics_service.application.commands.drop_old_indices import DropOldIndices
from analytics_service.application.commands.prepare_indices import PrepareIndices
from analytics_service.application.commands.rebuild_projection import RebuildProjection
from analytics_service.application.ports import HistoryAway, Projection, StoreAway
from analytics_service.domain.errors import RebuildAbandoned, RebuildRunning
from parking_kernel.askers import THE_SERVICE

LEDGER = RebuildProjection(Projection.LEDGER)
RESERVATIONS = RebuildProjection(Projection.RESERVATIONS)


async def begin_and_die(analytics: FakeInstallation) -> str:
    """A rebuild that left its index in the register; its name."""
    index = await analytics.indices.create(Projection.LEDGER)
    async with analytics.open_work(THE_SERVICE) as work:
        await work.register.begin_build(Projection.LEDGER, index)
    return index


async def test_the_new_index_holds_what_the_old_one_held(analytics: FakeInstallation) -> None:
    await analytics.consumes(*(posted(number) for number in range(5)))
    before = dict(analytics.cluster.found(Projection.LEDGER))
    old = analytics.cluster.aliases[Projection.LEDGER]
    rebuilt = await analytics.rebuild(LEDGER)
    assert (rebuilt.read, rebuilt.left_out) == (5, [])
    assert analytics.cluster.aliases[Projection.LEDGER] != old
    assert analytics.cluster.found(Projection.LEDGER) == before


async def test_events_that_arrive_meanwhile_are_in_both(analytics: FakeInstallation) -> None:
    same = uuid4()
    await analytics.consumes(confirmed(reservation_id=same, version=1), confirmed())

    async def extend() -> None:
        analytics.history.meanwhile = None
        await analytics.consumes(confirmed(reservation_id=same, version=2), confirmed())

    analytics.history.meanwhile = extend
    await analytics.rebuild(RESERVATIONS)
    found = analytics.cluster.found(Projection.RESERVATIONS)
    assert len(found) == 3
    assert found[str(same)].version == 2


async def test_queries_see_the_old_one_until_all_is_there(analytics: FakeInstallation) -> None:
    await analytics.consumes(*(posted() for _ in range(4)))
    seen: list[int] = []

    async def look() -> None:
        seen.append(len(analytics.cluster.found(Projection.LEDGER)))

    analytics.history.meanwhile = look
    await analytics.rebuild(LEDGER)
    assert seen == [4, 4, 4, 4]


async def test_the_old_index_goes_when_nobody_can_be_reading_it(analytics: FakeInstallation) -> None:
    old = analytics.cluster.aliases[Projection.LEDGER]
    await analytics.rebuild(LEDGER)
    await analytics.drop_old(DropOldIndices())
    assert old in analytics.cluster.indices
    analytics.clock.instant += timedelta(minutes=6)
    await analytics.drop_old(DropOldIndices())
    assert old not in analytics.cluster.indices
    assert old not in analytics.database.indices


async def test_an_index_that_was_deleted_comes_back(analytics: FakeInstallation) -> None:
    await analytics.consumes(posted(5), posted(7))
    await analytics.indices.drop(analytics.cluster.aliases[Projection.LEDGER])
    await analytics.rebuild(LEDGER)
    assert sorted(each.body["gross"] for each in analytics.cluster.found(Projection.LEDGER).values()) == [5, 7]
    await analytics.consumes(posted(9))
    assert len(analytics.cluster.found(Projection.LEDGER)) == 3


async def test_sightings_that_kafka_forgot_are_taken_over(analytics: FakeInstallation) -> None:
    await analytics.consumes(counted(1, 4, NOON, version=1), counted(2, 4, NOON, version=2))
    analytics.history.published = [each for each in analytics.history.published if each.version == 2]
    await analytics.rebuild(RebuildProjection(Projection.OCCUPANCY))
    assert sorted(each.version for each in analytics.cluster.found(Projection.OCCUPANCY).values()) == [1, 2]


async def test_what_does_not_fit_is_left_out_and_reported(analytics: FakeInstallation) -> None:
    await analytics.consumes(posted(1))
    with pytest.raises(Exception, match="out of range"):
        await analytics.consumes(posted(2**63))
    rebuilt = await analytics.rebuild(LEDGER)
    assert rebuilt.read == 2
    assert len(rebuilt.left_out) == 1
    assert "out of range" in rebuilt.left_out[0]


async def test_a_second_rebuild_of_the_same_is_refused_with_a_sentence(analytics: FakeInstallation) -> None:
    await begin_and_die(analytics)
    indices = set(analytics.cluster.indices)
    with pytest.raises(RebuildRunning, match="Another rebuild of ledger is running, or did not end"):
        await analytics.rebuild(LEDGER)
    assert set(analytics.cluster.indices) == indices
    await analytics.rebuild(RESERVATIONS)


async def test_one_that_died_is_abandoned(analytics: FakeInstallation) -> None:
    left = await begin_and_die(analytics)
    await analytics.consumes(posted())
    await analytics.rebuild(RebuildProjection(Projection.LEDGER, abandon=True))
    analytics.clock.instant += timedelta(minutes=6)
    await analytics.drop_old(DropOldIndices())
    assert left not in analytics.cluster.indices
    assert len(analytics.cluster.found(Projection.LEDGER)) == 1


async def test_one_that_died_after_the_alias_moved_is_finished_by_the_next(analytics: FakeInstallation) -> None:
    """Both indices are written then, and the complete one serves: it must not be dropped under the alias."""
    left = await begin_and_die(analytics)
    await analytics.indices.serve(Projection.LEDGER, left)
    analytics.history.is_away = True
    with pytest.raises(HistoryAway):
        await analytics.rebuild(RebuildProjection(Projection.LEDGER, abandon=True))
    assert analytics.cluster.aliases[Projection.LEDGER] == left
    async with analytics.open_work(THE_SERVICE) as work:
        assert (await work.register.targets())[Projection.LEDGER].serving == left
    await analytics.consumes(posted())
    assert len(analytics.cluster.found(Projection.LEDGER)) == 1


async def test_one_that_is_given_up_while_it_runs_does_not_take_over(analytics: FakeInstallation) -> None:
    await analytics.consumes(posted(), posted())
    served = analytics.cluster.aliases[Projection.LEDGER]

    async def give_up() -> None:
        analytics.history.meanwhile = None
        async with analytics.open_work(THE_SERVICE) as work:
            building = (await work.register.targets())[Projection.LEDGER].building
            assert building
            await work.register.give_up_build(Projection.LEDGER, building)

    analytics.history.meanwhile = give_up
    with pytest.raises(RebuildAbandoned, match="gave this rebuild of ledger up"):
        await analytics.rebuild(LEDGER)
    assert analytics.cluster.aliases[Projection.LEDGER] == served
    async with analytics.open_work(THE_SERVICE) as work:
        assert (await work.register.targets())[Projection.LEDGER].serving == served


@pytest.mark.parametrize("failure", [HistoryAway, StoreAway])
async def test_one_that_fails_gives_itself_up(analytics: FakeInstallation, failure: type[Exception]) -> None:
    await analytics.consumes(posted())

    async def fail() -> None:
        raise failure("away")

    analytics.history.meanwhile = fail
    with pytest.raises(failure):
        await analytics.rebuild(LEDGER)
    analytics.history.meanwhile = None
    await analytics.rebuild(LEDGER)
    assert len(analytics.cluster.found(Projection.LEDGER)) == 1


async def test_the_register_changes_only_with_the_alias(analytics: FakeInstallation) -> None:
    await analytics.consumes(posted())
    served = analytics.cluster.aliases[Projection.LEDGER]

    async def lose_elasticsearch() -> None:
        analytics.cluster.is_away = True

    analytics.history.meanwhile = lose_elasticsearch
    with pytest.raises(StoreAway):
        await analytics.rebuild(LEDGER)
    analytics.cluster.is_away = False
    assert await analytics.prepare(PrepareIndices()) == []
    assert analytics.cluster.aliases[Projection.LEDGER] == served
    await analytics.consumes(posted())
    assert len(analytics.cluster.found(Projection.LEDGER)) == 2
