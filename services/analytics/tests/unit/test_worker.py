"""What a worker runs, and what it shows of the indices, before anything connects."""

import pytest
from services.analytics.tests.fakes.installation import FakeInstallation
from services.analytics.tests.installation import settings_for

from analytics_service.application.ports import Projection
from analytics_service.bootstrap import UseCases, bootstrap
from analytics_service.entrypoints.consumers import GROUPS, messaging
from analytics_service.entrypoints.worker import IndexKeeper, index_missing

FOUND = dict.fromkeys(Projection, 0.0)


@pytest.fixture
def keeper(analytics: FakeInstallation) -> IndexKeeper:
    use_cases = UseCases(
        get_revenue=analytics.get_revenue,
        get_occupancy=analytics.get_occupancy,
        prepare_indices=analytics.prepare,
        drop_old_indices=analytics.drop_old,
        rebuild_projection=analytics.rebuild,
    )
    return IndexKeeper(use_cases, index_missing(lambda: True))


def shown(keeper: IndexKeeper) -> dict[str, float]:
    (family,) = keeper.index_missing.collect()
    return {sample.labels["projection"]: sample.value for sample in family.samples}


def test_every_worker_prepares_indices_and_the_leader_alone_drops_old_ones(keeper: IndexKeeper) -> None:
    assert {timer.name: timer.in_the_leader for timer in keeper.timers()} == {"indices": False, "old_indices": True}


def test_each_group_that_replay_offers_is_consumed() -> None:
    kafka = messaging(bootstrap(settings_for("postgresql://nowhere.invalid/analytics")))
    assert set(kafka.consumers) == set(GROUPS)


async def test_an_index_that_is_gone_is_shown_and_nothing_while_the_store_is_away(
    analytics: FakeInstallation, keeper: IndexKeeper
) -> None:
    await keeper.reconcile()
    assert shown(keeper) == FOUND
    await analytics.indices.drop(analytics.cluster.aliases[Projection.LEDGER])
    await keeper.reconcile()
    assert shown(keeper) == FOUND | {Projection.LEDGER: 1.0}
    analytics.cluster.is_away = True
    await keeper.reconcile()
    assert shown(keeper) == {}, "an old figure would be taken for a new one"
