"""The hub: every event once, in order, whatever Redis brings or does not bring."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from services.notification.tests.fakes.postgres.rooms import InMemoryRoomEvents, InMemoryRoomLog
from services.notification.tests.fakes.postgres.tables import Tables

from notification_service.domain.rooms import MOST_MISSED, Room, RoomEvent, RoomKind, RoomMessage
from notification_service.entrypoints.http.hub import Hub
from notification_service.entrypoints.http.sockets import HUNG_UP, Socket

ROOM = Room(RoomKind.LOT, uuid4())
NAME = str(ROOM)


class Stage:
    def __init__(self) -> None:
        self.tables = Tables()
        self.hub = Hub(InMemoryRoomLog(self.tables), poll_seconds=3600)

    async def published(self, count: int = 1) -> list[RoomEvent]:
        """Committed, and not announced."""
        return list(await InMemoryRoomEvents(self.tables).publish([RoomMessage(ROOM, "e", "{}")] * count))

    async def listener(self, after: int | None = None) -> "Listener":
        listener = Listener()
        await self.hub.join(listener.socket, NAME, after)
        return listener


class Listener:
    """A client that reads at once."""

    def __init__(self) -> None:
        self.socket = Socket(10_000)
        self._sent: list[Any] = []
        self._sending = asyncio.create_task(self.socket.send_all(self._send))

    async def received(self) -> list[Any]:
        """All that it was sent; nothing comes after that."""
        await self.socket.drained()
        self.socket.close(HUNG_UP)
        await self._sending
        return self._sent

    async def _send(self, message: Any) -> None:
        self._sent.append(json.loads(message["text"]))

    async def ids(self) -> list[int]:
        return [int(each["id"]) for each in await self.received() if each["type"] == "event"]


def test_its_failures_are_counted_from_the_start() -> None:
    Stage()
    assert REGISTRY.get_sample_value("errors_total", {"where": "room_poll"}) is not None


@pytest.fixture
def stage() -> Stage:
    return Stage()


async def test_an_announcement_is_passed_on_at_once(stage: Stage) -> None:
    listener = await stage.listener()
    for event in await stage.published(3):
        stage.hub.receive(event)
    assert await listener.ids() == [1, 2, 3]


async def test_what_redis_lost_is_found(stage: Stage) -> None:
    listener = await stage.listener()
    events = await stage.published(5)
    for event in (events[0], events[4], events[2], events[0]):
        stage.hub.receive(event)
    await stage.hub.poll()
    stage.hub.receive(events[4])
    assert await listener.ids() == [1, 2, 3, 4, 5]


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.one_of(st.integers(0, 19), st.none()), max_size=40), st.integers(0, 20))
async def test_any_mixture_of_announcements_and_polls_is_each_event_once_in_order(
    received: list[int | None], joined_after: int
) -> None:
    stage = Stage()
    early = await stage.listener()
    events = await stage.published(joined_after)
    late = await stage.listener(after=0)
    events += await stage.published(20 - joined_after)
    for number in received:
        if number is None:
            await stage.hub.poll()
        else:
            stage.hub.receive(events[number])
    await stage.hub.poll()
    assert await early.ids() == await late.ids() == list(range(1, 21))


async def test_a_client_that_comes_back_gets_only_what_was_missed(stage: Stage) -> None:
    await stage.published(5)
    listener = await stage.listener(after=3)
    for event in await stage.published(1):
        stage.hub.receive(event)
    assert await listener.ids() == [4, 5, 6]


async def test_a_client_that_missed_too_much_is_answered_so(stage: Stage) -> None:
    await stage.published(MOST_MISSED + 1)
    answers = [(await (await stage.listener(after)).received())[0] for after in (0, 1, MOST_MISSED + 9)]
    assert [each["data"]["resumed"] for each in answers] == [False, True, False]
    assert [each["id"] for each in answers] == ["1001", "1", "1001"]


async def test_a_process_that_lags_repeats_nothing(stage: Stage) -> None:
    """A client comes from another process, which has passed on more than this one."""
    first = await stage.listener()
    await stage.published(5)  # not announced here yet
    moved = await stage.listener(after=4)
    await stage.hub.poll()
    assert await moved.ids() == [5]
    assert await first.ids() == [1, 2, 3, 4, 5]


async def test_subscribing_again_changes_nothing(stage: Stage) -> None:
    listener = await stage.listener()
    await stage.hub.join(listener.socket, NAME, None)
    for event in await stage.published():
        stage.hub.receive(event)
    assert await listener.ids() == [1]


async def test_a_client_that_left_gets_nothing_and_empty_rooms_cost_nothing(stage: Stage) -> None:
    listener = await stage.listener()
    stage.hub.leave(listener.socket, NAME)
    for event in await stage.published():
        stage.hub.receive(event)
    assert await listener.ids() == []
    assert stage.hub.rooms == 0
