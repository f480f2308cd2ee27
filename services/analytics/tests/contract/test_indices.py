"""Documents keep their newest version; an alias leads to one index, and moves in one step."""

import pytest
from services.analytics.tests.contract.conftest import Store
from services.analytics.tests.events import confirmed, posted

from analytics_service.adapters.kafka.documents import ledger_document, reservation_document
from analytics_service.application.ports import Projection, StoreAway
from parking_events import Money

LEDGER = Projection.LEDGER
ENTRIES = [ledger_document(posted(number)) for number in range(3)]
TOO_MUCH = ledger_document(posted(2**63))


async def test_documents_are_found_as_they_were_put(store: Store) -> None:
    await store.serving(*ENTRIES)
    assert await store.found(LEDGER) == {document.id: document for document in ENTRIES}


async def test_an_older_version_changes_nothing(store: Store) -> None:
    event = confirmed(version=2)
    newer = reservation_document(event)
    older = reservation_document(
        event.model_copy(update={"version": 1, "amount_owed": Money(amount=1, currency="CHF")})
    )
    index = await store.serving(newer)
    assert await store.documents.put([older, newer], {Projection.RESERVATIONS: [index]}) == []
    assert (await store.found(Projection.RESERVATIONS))[newer.id] == newer


async def test_each_goes_into_all_indices_of_its_projection(store: Store) -> None:
    one, other = await store.indices.create(LEDGER), await store.indices.create(LEDGER)
    await store.documents.put(ENTRIES, {LEDGER: [one, other]})
    for index in (one, other):
        await store.indices.serve(LEDGER, index)
        assert len(await store.found(LEDGER)) == len(ENTRIES)


async def test_what_does_not_fit_is_left_out_alone(store: Store) -> None:
    index = await store.indices.create(LEDGER)
    (sentence,) = await store.documents.put([ENTRIES[0], TOO_MUCH, ENTRIES[1]], {LEDGER: [index]})
    assert TOO_MUCH.id in sentence
    assert "out of range" in sentence
    await store.indices.serve(LEDGER, index)
    assert (await store.found(LEDGER)).keys() == {ENTRIES[0].id, ENTRIES[1].id}


async def test_an_index_that_is_gone_is_away_and_does_not_come_by_itself(store: Store) -> None:
    index = await store.serving(*ENTRIES)
    assert await store.indices.exists(index)
    await store.indices.drop(index)
    await store.indices.drop(index)
    with pytest.raises(StoreAway, match="is gone"):
        await store.documents.put(ENTRIES, {LEDGER: [index]})
    assert not await store.indices.exists(index)
    assert await store.indices.led_to(LEDGER) is None
    assert await store.found(LEDGER) == {}
    with pytest.raises(StoreAway):
        await store.indices.serve(LEDGER, index)


async def test_the_alias_leads_to_one_index_alone(store: Store) -> None:
    assert await store.indices.led_to(LEDGER) is None
    old = await store.serving(ENTRIES[0])
    new = await store.serving(ENTRIES[1])
    assert await store.indices.led_to(LEDGER) == new != old
    assert (await store.found(LEDGER)).keys() == {ENTRIES[1].id}
    assert await store.indices.exists(old)
    await store.indices.serve(LEDGER, new)
    assert await store.indices.led_to(LEDGER) == new
