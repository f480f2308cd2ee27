"""Announcing to all processes what was published in rooms. It only advises: what is lost here is found by the poll."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Literal

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from notification_service.domain.rooms import RoomEvent
from parking_messaging.waiting import wait_for_any

log = structlog.stdlib.get_logger(__name__)

CHANNEL = "notification.room-events"
SEPARATOR = "\n"  # stands in no room's name and no event's; JSON escapes it
MOST_WAITING = 10_000
RETRY_SECONDS = 0.5
LISTEN_SECONDS = 0.5
TIMEOUT_SECONDS = 2.0
HEALTH_SECONDS = 10


class RedisAnnouncer:
    """Sends announcements in the background, so that no consumer ever waits for Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._waiting: asyncio.Queue[RoomEvent] = asyncio.Queue(MOST_WAITING)

    def announce(self, events: Sequence[RoomEvent]) -> None:
        """Have events announced soon. What does not fit is dropped."""
        with contextlib.suppress(asyncio.QueueFull):
            for event in events:
                self._waiting.put_nowait(event)

    async def run(self, stop: asyncio.Event) -> None:
        """Announce until `stop` is set."""
        stopping = asyncio.ensure_future(stop.wait())
        try:
            while not stop.is_set():
                batch = await self._next(stopping)
                await self._send(batch, stop)
        finally:
            stopping.cancel()

    async def _next(self, stopping: asyncio.Future[Literal[True]]) -> list[RoomEvent]:
        first = asyncio.ensure_future(self._waiting.get())
        await asyncio.wait({first, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not first.done():
            first.cancel()
            return []
        batch = [first.result()]
        while not self._waiting.empty():
            batch.append(self._waiting.get_nowait())
        return batch

    async def _send(self, batch: Sequence[RoomEvent], stop: asyncio.Event) -> None:
        try:
            pipeline = self._redis.pipeline(transaction=False)
            for event in batch:
                pipeline.publish(CHANNEL, SEPARATOR.join((event.room, str(event.id), event.event, event.data)))
            await pipeline.execute()
        except (RedisError, OSError) as error:
            log.warning("announcements_lost", count=len(batch), error=type(error).__name__)
            await wait_for_any(stop, timeout=RETRY_SECONDS)


class RedisAnnouncements:
    """Receives announcements. `received` is called for each, `gap` whenever some may have been missed."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def run(self, stop: asyncio.Event, received: Callable[[RoomEvent], None], gap: Callable[[], None]) -> None:
        """Listen until `stop` is set, again after each loss of the connection."""
        while not stop.is_set():
            try:
                async with self._redis.pubsub(ignore_subscribe_messages=True) as pubsub:
                    await pubsub.subscribe(CHANNEL)
                    gap()
                    while not stop.is_set():
                        message = await pubsub.get_message(timeout=LISTEN_SECONDS)
                        if message is not None:
                            received(_event(message["data"]))
            except (RedisError, OSError) as error:
                log.warning("announcements_not_received", error=type(error).__name__)
            await wait_for_any(stop, timeout=RETRY_SECONDS)


def connect(url: str) -> Redis:
    """A client that raises every failure at once; connects when it is used."""
    return Redis.from_url(
        url,
        decode_responses=True,
        retry=Retry(NoBackoff(), 0),
        socket_connect_timeout=TIMEOUT_SECONDS,
        socket_timeout=TIMEOUT_SECONDS,
        health_check_interval=HEALTH_SECONDS,
    )


def _event(text: str) -> RoomEvent:
    room, number, event, data = text.split(SEPARATOR, 3)
    return RoomEvent(room, int(number), event, data)
