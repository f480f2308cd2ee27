"""Events on Kafka end as documents, once, in their newest version, whatever goes wrong on the way."""

import asyncio
import random
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaProducer
from libs.events.tests.later_values import LATER
from libs.messaging.tests.later_events import later_records
from libs.messaging.tests.later_events import publish as publish_later
from services.analytics.tests.documents import expected, wait_for
from services.analytics.tests.events import NOON, confirmed, counted, lot_created, posted, spot_seen
from services.analytics.tests.installation import Consuming, Kept, Publish
from sqlalchemy import text

from analytics_service.adapters.elasticsearch.documents import CHUNK_BYTES, ElasticsearchDocuments
from analytics_service.adapters.kafka.documents import STATES, document_of
from analytics_service.adapters.kafka.history import KafkaHistory
from analytics_service.application.commands.prepare_indices import PrepareIndices
from analytics_service.application.commands.rebuild_projection import RebuildProjection
from analytics_service.application.ports import Document, Projection, StoreAway
from analytics_service.bootstrap import Analytics
from analytics_service.entrypoints.consumers import PROJECTIONS, messaging
from parking_events import LedgerEntryState, LotOccupancyState, LotState, ReservationState, SpotOccupancyState
from parking_messaging.adapters.kafka_connection import KafkaConnection
from parking_messaging.adapters.postgres_outbox import PostgresOutbox
from parking_messaging.wiring import postgres_replayers
from parking_platform.testing.servers import KafkaServer
from parking_platform.testing.waiting import wait_until

_PREPARE = PrepareIndices()
_REBUILD_LEDGER = RebuildProjection(Projection.LEDGER)
TOO_MUCH = 2**63  # no long, so no field of the index


async def test_from_an_outbox_to_documents(analytics: Analytics, consuming: Consuming, kept: Kept) -> None:
    """The whole way: a committed row, the relay, Kafka, the consumer, the index."""
    lot = lot_created()
    events = [confirmed(), posted(), counted(1, 4, NOON), spot_seen(uuid4(), NOON, occupied=True), lot]
    async with analytics.engine.begin() as connection:
        await PostgresOutbox().add(connection, events)
    stop = asyncio.Event()
    relaying = asyncio.create_task(messaging(analytics).relay.run(stop))
    async with consuming():
        await wait_for(kept, Projection.RESERVATIONS, 1)
        await wait_for(kept, Projection.LEDGER, 1)
        await wait_for(kept, Projection.OCCUPANCY, 2)
        await wait_until(partial(_is_known, analytics, lot.parking_lot_id), "the lot's copy")
    stop.set()
    await relaying
    for projection, published in {
        Projection.RESERVATIONS: events[:1],
        Projection.LEDGER: events[1:2],
        Projection.OCCUPANCY: events[2:4],
    }.items():
        assert await kept.of(projection) == expected(*published)


async def _is_known(analytics: Analytics, lot_id: UUID) -> bool:
    async with analytics.engine.connect() as connection:
        return bool(await connection.scalar(text("SELECT count(*) FROM lots WHERE id = :id"), {"id": lot_id}))


async def test_repeated_and_reordered_events_change_nothing(publish: Publish, consuming: Consuming, kept: Kept) -> None:
    chance = random.Random(7)
    ids = [uuid4() for _ in range(40)]
    published = [
        confirmed(reservation_id=each, version=version, ends_at=NOON + timedelta(hours=version))
        for each in ids
        for version in range(1, 6)
    ]
    shuffled = published * 2
    chance.shuffle(shuffled)
    marker = confirmed()
    async with consuming():
        await publish(*shuffled)
        await wait_for(kept, Projection.RESERVATIONS, len(ids))
        await wait_for_state(kept, expected(*published))
        await publish(*shuffled, marker)
        await wait_for(kept, Projection.RESERVATIONS, len(ids) + 1)
    assert await kept.of(Projection.RESERVATIONS) == expected(*published, marker)


async def wait_for_state(kept: Kept, wanted: dict[str, tuple[int, dict[str, object]]]) -> None:
    async def settled() -> bool:
        return await kept.of(Projection.RESERVATIONS) == wanted

    await wait_until(settled, "the last state of all")


async def test_without_versions_a_late_event_wins_and_the_comparison_notices(analytics: Analytics, kept: Kept) -> None:
    """The negative control: it is the external version that keeps the newest, and nothing else."""
    same = uuid4()
    newer, older = confirmed(reservation_id=same, version=2), confirmed(reservation_id=same, version=1)
    pair = [document for event in (newer, older) if (document := document_of(event))]
    indices = {Projection.RESERVATIONS: [await kept.index(Projection.RESERVATIONS)]}

    await ElasticsearchDocuments(analytics.elasticsearch).put(pair, indices)
    assert await kept.of(Projection.RESERVATIONS) == expected(newer, older)

    await ElasticsearchDocuments(analytics.elasticsearch, compares_versions=False).put(pair, indices)
    assert await kept.of(Projection.RESERVATIONS) != expected(newer, older)


async def test_of_two_requests_that_fail_both_are_named(analytics: Analytics) -> None:
    missing = {Projection.RESERVATIONS: ["gone"], Projection.LEDGER: ["lost"]}
    # Each of them fills a request, and both are under way together.
    documents = [Document(projection, "1", 1, {"text": "x" * CHUNK_BYTES}) for projection in missing]
    with pytest.raises(StoreAway) as raised:
        await ElasticsearchDocuments(analytics.elasticsearch).put(documents, missing)
    for index in ("gone", "lost"):
        assert f"{index}.write is gone" in str(raised.value)


async def test_thousands_arrive_in_bulk(publish: Publish, consuming: Consuming, kept: Kept) -> None:
    entries = [posted(number) for number in range(5_000)]
    await publish(*entries)
    async with consuming():
        await wait_for(kept, Projection.LEDGER, 5_000, seconds=60)
    assert await kept.of(Projection.LEDGER) == expected(*entries)


async def test_what_does_not_fit_is_a_dead_letter_and_the_others_flow(
    analytics: Analytics, publish: Publish, consuming: Consuming, kept: Kept
) -> None:
    good = [posted(number) for number in range(50)]
    bad = posted(TOO_MUCH)
    async with consuming():
        await publish(*good[:25], bad, *good[25:])
        await wait_for(kept, Projection.LEDGER, 50)
        await wait_for_dead_letter(analytics)
    assert await kept.of(Projection.LEDGER) == expected(*good)
    ((subject, error),) = await _dead_letters(analytics)
    assert subject == bad.subject
    assert "out of range" in error
    kafka = messaging(analytics)
    report = await postgres_replayers(kafka.handlers, kafka.transactions)[PROJECTIONS].replay(discard=True)
    assert (report.discarded, dict(report.still_blocked)) == (1, {})


async def wait_for_dead_letter(analytics: Analytics) -> None:
    async def arrived() -> bool:
        return bool(await _dead_letters(analytics))

    await wait_until(arrived, "the dead letter")


async def _dead_letters(analytics: Analytics) -> list[tuple[str, str]]:
    async with analytics.engine.connect() as connection:
        rows = await connection.execute(text("SELECT subject, error FROM dead_letters WHERE resolved_at IS NULL"))
        return [(subject, error) for subject, error in rows]


async def test_what_newer_services_publish_is_no_dead_letter(
    analytics: Analytics, made_topics: KafkaServer, consuming: Consuming, kept: Kept
) -> None:
    """Every event that is consumed, once for each enumeration in it, with a value that this release does not know."""
    published = {state: [*later_records(state)] for state in STATES}
    sightings = [*published[SpotOccupancyState], *published[LotOccupancyState]]
    lots = [*later_records(LotState)]
    async with consuming():
        await publish_later(
            made_topics.bootstrap_servers, [*lots, *(each for state in STATES for each in published[state])]
        )
        await wait_for(kept, Projection.RESERVATIONS, len(published[ReservationState]))
        await wait_for(kept, Projection.LEDGER, len(published[LedgerEntryState]))
        await wait_for(kept, Projection.OCCUPANCY, len(sightings))
        await wait_until(partial(_is_known, analytics, UUID(lots[-1].subject.id)), "the lot's copy")
    assert await _dead_letters(analytics) == []
    for projection, field in (
        (Projection.RESERVATIONS, "status"),
        (Projection.LEDGER, "kind"),
        (Projection.OCCUPANCY, "source"),
    ):
        documents = (await kept.of(projection)).values()
        assert LATER in {body[field] for _version, body in documents}
    again = [document async for batch in KafkaHistory(kafka(analytics)).replay(Projection.LEDGER) for document in batch]
    assert [document.body["kind"] for document in again] == [LATER], "a rebuilt index has it too"


def kafka(analytics: Analytics) -> KafkaConnection:
    return KafkaConnection(**analytics.settings.kafka, client_id="tests")


async def test_a_record_that_is_no_event_is_a_dead_letter(
    analytics: Analytics, publish: Publish, producer: AIOKafkaProducer, consuming: Consuming, kept: Kept
) -> None:
    async with consuming():
        await producer.send_and_wait("payment.ledger-entry.v1", b"not json", key=b"x")
        await publish(entry := posted())
        await wait_for(kept, Projection.LEDGER, 1)
        await wait_for_dead_letter(analytics)
    assert await kept.of(Projection.LEDGER) == expected(entry)


async def test_an_index_that_an_operator_deletes_stops_its_events_and_is_not_guessed_again(
    analytics: Analytics, publish: Publish, consuming: Consuming, kept: Kept
) -> None:
    index = await kept.index(Projection.LEDGER)
    async with consuming():
        await kept.elasticsearch.indices.delete(index=index)
        await publish(posted(), reservation := confirmed())
        await wait_for(kept, Projection.RESERVATIONS, 1)
        assert await analytics.use_cases.prepare_indices(_PREPARE) == [Projection.LEDGER]
        assert not await kept.elasticsearch.indices.exists(index=index)
        assert not await kept.elasticsearch.indices.exists(index=f"{index}.write")
        assert await _dead_letters(analytics) == []
        await analytics.use_cases.rebuild_projection(_REBUILD_LEDGER)
        await wait_for(kept, Projection.LEDGER, 1)
        await publish(posted())
        await wait_for(kept, Projection.LEDGER, 2)
    assert await kept.of(Projection.RESERVATIONS) == expected(reservation)
