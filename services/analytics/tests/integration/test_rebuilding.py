"""A rebuild from Kafka gives what the events say, while they go on and while questions are answered."""

import asyncio
import signal
from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

import pytest
from services.analytics.tests.documents import expected, wait_for
from services.analytics.tests.events import LOT, NOON, OPERATOR, confirmed, counted, posted
from services.analytics.tests.installation import Consuming, Kept, Publish
from services.analytics.tests.processes import command
from services.analytics.tests.publishing import purge

from analytics_service.adapters.elasticsearch.documents import ElasticsearchDocuments
from analytics_service.adapters.elasticsearch.figures import ElasticsearchFigures
from analytics_service.adapters.elasticsearch.names import Names
from analytics_service.adapters.kafka.documents import reservation_document
from analytics_service.application.commands.drop_old_indices import DropOldIndices
from analytics_service.application.commands.prepare_indices import PrepareIndices
from analytics_service.application.commands.rebuild_projection import RebuildProjection
from analytics_service.application.ports import Projection, StoreAway
from analytics_service.application.queries.get_revenue import GetRevenue
from analytics_service.bootstrap import Analytics
from analytics_service.domain.buckets import Bucket, Interval
from analytics_service.domain.errors import RebuildRunning
from analytics_service.domain.occupancy import booked_rates
from parking_events import ReservationState, WireEvent
from parking_kernel.askers import EVERYTHING, THE_SERVICE, Asker
from parking_platform.testing.servers import KafkaServer

LEDGER = RebuildProjection(Projection.LEDGER)
RESERVATIONS = RebuildProjection(Projection.RESERVATIONS)
NEW_FIELDS = ("booked_from", "booked_until")
ADMIN = Asker(permissions=frozenset({EVERYTHING}))


async def gross(analytics: Analytics) -> int:
    hour = timedelta(hours=1)
    question = GetRevenue(ADMIN, None, OPERATOR, NOON, NOON + hour, Interval.HOUR, "CHF")
    return (await analytics.use_cases.get_revenue(question)).total.gross


async def test_a_deleted_index_comes_back_field_by_field(
    analytics: Analytics, publish: Publish, consuming: Consuming, kept: Kept
) -> None:
    ids = [uuid4() for _ in range(50)]
    events = [confirmed(reservation_id=each, version=version) for version in (1, 2, 3) for each in ids]
    async with consuming():
        await publish(*events)
        await wait_for(kept, Projection.RESERVATIONS, len(ids))
    await kept.elasticsearch.indices.delete(index=await kept.index(Projection.RESERVATIONS))
    rebuilt = await analytics.use_cases.rebuild_projection(RESERVATIONS)
    assert (rebuilt.read, rebuilt.left_out) == (len(events), [])
    assert await kept.of(Projection.RESERVATIONS) == expected(*events)
    assert await analytics.use_cases.prepare_indices(PrepareIndices()) == []


async def test_an_index_of_the_release_before_takes_new_documents_and_a_rebuild_fills_in_the_old_ones(
    analytics: Analytics, publish: Publish, consuming: Consuming, kept: Kept
) -> None:
    """Its mapping is strict: without the new fields each new event would be a dead letter."""
    before, after = confirmed(), confirmed()
    await analytics.use_cases.prepare_indices(PrepareIndices())
    index = await kept.index(Projection.RESERVATIONS)
    await _make_as_it_was(kept, index)
    refused = await ElasticsearchDocuments(analytics.elasticsearch).put(
        [reservation_document(before)], {Projection.RESERVATIONS: [index]}
    )
    assert "strict_dynamic_mapping_exception" in refused[0] or "not allowed" in refused[0]

    await analytics.use_cases.prepare_indices(PrepareIndices())
    await kept.elasticsearch.index(
        index=index, id=str(before.reservation_id), document=_as_it_was(before), version=1, version_type="external"
    )
    async with consuming():
        await publish(before, after)
        await wait_for(kept, Projection.RESERVATIONS, 2)
    hour = [Bucket(NOON, NOON + timedelta(hours=1))]
    figures = ElasticsearchFigures(analytics.elasticsearch, Names(kept.prefix))
    with pytest.raises(StoreAway, match="an earlier release built the index"):
        await figures.bookings(LOT, hour)

    await analytics.use_cases.rebuild_projection(RESERVATIONS)
    assert await kept.of(Projection.RESERVATIONS) == expected(before, after)
    assert booked_rates(hour, await figures.bookings(LOT, hour), [4 * hour[0].length]) == [0.5]


async def _make_as_it_was(kept: Kept, index: str) -> None:
    found = await kept.elasticsearch.indices.get(index=index)
    aliases, properties = found[index]["aliases"], dict(found[index]["mappings"]["properties"])
    for field in NEW_FIELDS:
        del properties[field]
    await kept.elasticsearch.indices.delete(index=index)
    mappings = {"dynamic": "strict", "properties": properties}
    await kept.elasticsearch.indices.create(index=index, mappings=mappings, aliases=aliases)


def _as_it_was(event: ReservationState) -> dict[str, object]:
    return {name: value for name, value in reservation_document(event).body.items() if name not in NEW_FIELDS}


async def test_questions_neither_fail_nor_shrink_while_events_go_on(
    analytics: Analytics, publish: Publish, consuming: Consuming, kept: Kept
) -> None:
    """Entries of one cent: what was earned can only grow, whichever index answers."""
    first = [posted(1) for _ in range(3_000)]
    meanwhile = [posted(1) for _ in range(2_000)]
    await publish(*first)
    async with consuming():
        await wait_for(kept, Projection.LEDGER, len(first), seconds=60)
        seen: list[int] = []
        rebuilding = asyncio.create_task(_rebuild_twice(analytics))
        publishing = asyncio.create_task(_publish_in_parts(publish, meanwhile))
        while not (rebuilding.done() and publishing.done()):
            seen.append(await gross(analytics))
        await asyncio.gather(rebuilding, publishing)
        await wait_for(kept, Projection.LEDGER, len(first) + len(meanwhile), seconds=60)
    assert seen[0] >= len(first)
    assert seen == sorted(seen)
    assert await kept.of(Projection.LEDGER) == expected(*first, *meanwhile)


async def _rebuild_twice(analytics: Analytics) -> None:
    await analytics.use_cases.rebuild_projection(LEDGER)
    await analytics.use_cases.rebuild_projection(LEDGER)


async def _publish_in_parts(publish: Publish, events: Sequence[WireEvent]) -> None:
    for start in range(0, len(events), 100):
        await publish(*events[start : start + 100])


async def test_one_that_reads_an_index_reads_it_to_the_end(analytics: Analytics, publish: Publish, kept: Kept) -> None:
    """A point in time holds on to the index that the alias led to, and the index stays for some minutes."""
    old = await kept.index(Projection.LEDGER)
    opened = await kept.elasticsearch.open_point_in_time(index=f"{kept.prefix}ledger", keep_alive="1m")
    await analytics.use_cases.rebuild_projection(LEDGER)
    await analytics.use_cases.drop_old_indices(DropOldIndices())
    assert await kept.index(Projection.LEDGER) != old
    assert (await kept.elasticsearch.search(pit={"id": opened["id"]}))["hits"]["total"]["value"] == 0
    await kept.elasticsearch.close_point_in_time(id=opened["id"])


async def test_sightings_that_kafka_forgot_stay(
    analytics: Analytics, publish: Publish, consuming: Consuming, kept: Kept, made_topics: KafkaServer
) -> None:
    purged, published = counted(1, 4, NOON, version=1), counted(2, 4, NOON, version=2)
    async with consuming():
        await publish(purged)
        await wait_for(kept, Projection.OCCUPANCY, 1)
    await purge(made_topics.bootstrap_servers)
    await publish(published)
    rebuilt = await analytics.use_cases.rebuild_projection(RebuildProjection(Projection.OCCUPANCY))
    assert rebuilt.read == 2
    assert await kept.of(Projection.OCCUPANCY) == expected(purged, published)


async def test_two_at_once_are_one_too_many(analytics: Analytics, publish: Publish, kept: Kept) -> None:
    await publish(*(posted() for _ in range(2_000)))
    outcomes = await asyncio.gather(
        *(analytics.use_cases.rebuild_projection(LEDGER) for _ in range(3)), return_exceptions=True
    )
    refused = [each for each in outcomes if isinstance(each, RebuildRunning)]
    assert len(refused) == 2
    assert "Another rebuild of ledger is running" in str(refused[0])
    assert await kept.count(Projection.LEDGER) == 2_000


async def test_one_that_was_killed_is_abandoned(analytics: Analytics, publish: Publish, kept: Kept) -> None:
    events = [posted(number) for number in range(6_000)]
    await publish(*events)
    async with command(analytics.settings, "rebuild", "ledger") as dying:
        await wait_until_building(analytics)
        dying.send_signal(signal.SIGKILL)
        await dying.wait()
    async with command(analytics.settings, "rebuild", "ledger") as refused:
        _, said = await refused.communicate()
        assert refused.returncode == 1
        assert b"Another rebuild of ledger is running, or did not end; with --abandon it is given up." in said
    async with command(analytics.settings, "rebuild", "ledger", "--abandon") as done:
        output, said = await done.communicate()
        assert (done.returncode, output) == (0, b"ledger: 6000 documents, 0 left out\n"), said
    assert await kept.count(Projection.LEDGER) == len(events)


async def wait_until_building(analytics: Analytics) -> None:
    deadline = asyncio.get_running_loop().time() + 30
    building = None
    while not building:
        assert asyncio.get_running_loop().time() < deadline, "no rebuild began"
        async with analytics.use_cases.prepare_indices.open_work(THE_SERVICE) as work:
            building = (await work.register.targets())[Projection.LEDGER].building
        await asyncio.sleep(0.005)
