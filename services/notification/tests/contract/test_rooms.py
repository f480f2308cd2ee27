"""What a room's log promises."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from services.notification.tests.contract.conftest import Store

from notification_service.domain.errors import UnknownNotification
from notification_service.domain.rooms import Room, RoomEvent, RoomKind, RoomMessage
from parking_kernel.askers import THE_SERVICE


def some_room() -> Room:
    return Room(RoomKind.LOT, uuid4())


async def test_ids_count_up_in_each_room(store: Store) -> None:
    one, other = some_room(), some_room()
    async with store.open_work(THE_SERVICE) as work:
        first = await work.room_events.publish(
            [RoomMessage(one, "a", "1"), RoomMessage(other, "b", "2"), RoomMessage(one, "c", "3")]
        )
    async with store.open_work(THE_SERVICE) as work:
        second = await work.room_events.publish([RoomMessage(one, "d", "4")])
    of_one = [RoomEvent(str(one), 1, "a", "1"), RoomEvent(str(one), 2, "c", "3")]
    assert sorted(first, key=str) == sorted([*of_one, RoomEvent(str(other), 1, "b", "2")], key=str)
    assert second == [RoomEvent(str(one), 3, "d", "4")]
    assert (await store.room_log.last_id(str(one)), await store.room_log.last_id(str(some_room()))) == (3, 0)


async def test_what_was_rolled_back_leaves_no_gap(store: Store) -> None:
    room = some_room()

    async def publish_and_fail() -> None:
        async with store.open_work(THE_SERVICE) as work:
            await work.room_events.publish([RoomMessage(room, "lost", "1")])
            await work.notifications.read(uuid4())

    with pytest.raises(UnknownNotification):
        await publish_and_fail()
    async with store.open_work(THE_SERVICE) as work:
        (published,) = await work.room_events.publish([RoomMessage(room, "kept", "2")])
    assert (published.id, published.event) == (1, "kept")


async def test_many_at_once_neither_wait_for_each_other_nor_skip(store: Store) -> None:
    rooms = [some_room() for _ in range(4)]

    async def publish(turn: int) -> None:
        ordered = rooms if turn % 2 else rooms[::-1]
        async with store.open_work(THE_SERVICE) as work:
            await work.room_events.publish([RoomMessage(room, "e", str(turn)) for room in ordered])

    await asyncio.gather(*(publish(turn) for turn in range(40)))
    found = await store.room_log.since({str(room): 0 for room in rooms}, 1_000)
    assert sorted((event.room, event.id) for event in found) == sorted(
        (str(room), number) for room in rooms for number in range(1, 41)
    )


async def test_what_was_missed_comes_in_order_and_in_parts(store: Store) -> None:
    one, other = some_room(), some_room()
    async with store.open_work(THE_SERVICE) as work:
        await work.room_events.publish([RoomMessage(room, "e", str(n)) for n in range(1, 6) for room in (one, other)])
    found = await store.room_log.since({str(one): 3, str(other): 5}, 10)
    assert [(event.room, event.id) for event in found] == [(str(one), 4), (str(one), 5)]
    assert [event.id for event in await store.room_log.since({str(one): 0}, 2)] == [1, 2]
    assert await store.room_log.since({}, 10) == []


async def test_what_is_purged_keeps_the_count(store: Store) -> None:
    room = some_room()
    async with store.open_work(THE_SERVICE) as work:
        await work.room_events.publish([RoomMessage(room, "e", "1")])
    async with store.open_work(THE_SERVICE) as work:
        assert await work.room_events.purge(datetime.now(UTC) - timedelta(minutes=1), 10) == 0
        assert await work.room_events.purge(datetime.now(UTC) + timedelta(minutes=1), 10) == 1
    assert await store.room_log.since({str(room): 0}, 10) == []
    assert await store.room_log.last_id(str(room)) == 1
