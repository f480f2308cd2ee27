"""What an event does to the indices, and what an index that is not there does to the event."""

from uuid import uuid4

import pytest
from services.analytics.tests.events import confirmed, posted
from services.analytics.tests.fakes.installation import FakeInstallation

from analytics_service.application.commands.prepare_indices import PrepareIndices
from analytics_service.application.ports import DocumentRefused, Projection, StoreAway

TOO_MUCH = 2**63


async def test_before_there_is_an_index_events_wait() -> None:
    with pytest.raises(StoreAway, match="reservations has no index yet"):
        await FakeInstallation().consumes(confirmed())


async def test_an_older_version_never_replaces_a_newer_one(analytics: FakeInstallation) -> None:
    same = uuid4()
    newer, older = confirmed(reservation_id=same, version=2), confirmed(reservation_id=same, version=1)
    await analytics.consumes(newer, older, newer)
    (kept,) = analytics.cluster.found(Projection.RESERVATIONS).values()
    assert kept.version == 2


async def test_a_document_that_does_not_fit_is_refused(analytics: FakeInstallation) -> None:
    with pytest.raises(DocumentRefused, match="out of range"):
        await analytics.consumes(posted(TOO_MUCH))


async def test_the_first_indices_are_made_once(analytics: FakeInstallation) -> None:
    served = dict(analytics.cluster.aliases)
    assert await analytics.prepare(PrepareIndices()) == []
    assert analytics.cluster.aliases == served
    assert len(analytics.cluster.indices) == len(Projection)


async def test_an_index_that_is_gone_is_reported_and_not_made_again(analytics: FakeInstallation) -> None:
    """An empty index would pass for the truth."""
    await analytics.consumes(posted())
    await analytics.indices.drop(analytics.cluster.aliases[Projection.LEDGER])
    assert await analytics.prepare(PrepareIndices()) == [Projection.LEDGER]
    assert Projection.LEDGER not in analytics.cluster.aliases
    with pytest.raises(StoreAway, match="rebuild"):
        await analytics.consumes(posted())


async def test_an_alias_that_leads_nowhere_is_mended(analytics: FakeInstallation) -> None:
    served = analytics.cluster.aliases.pop(Projection.LEDGER)
    assert await analytics.prepare(PrepareIndices()) == []
    assert analytics.cluster.aliases[Projection.LEDGER] == served


async def test_without_elasticsearch_nothing_is_registered() -> None:
    empty = FakeInstallation()
    empty.cluster.is_away = True
    with pytest.raises(StoreAway):
        await empty.prepare(PrepareIndices())
    assert empty.database.indices == {}
