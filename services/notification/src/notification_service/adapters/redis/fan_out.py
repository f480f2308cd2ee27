"""Announcing to all processes what was published in rooms. It only advises: what is lost here is found by the poll.

What is announced goes to people as it is. So each announcement carries a code that only these processes can make: who
else reaches Redis can take announcements away, and make none.
"""

import asyncio
import contextlib
import hmac
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Literal

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from notification_service.domain.rooms import RoomEvent
from parking_chassis.metrics import ERRORS, expect_errors
from parking_messaging.waiting import wait_for_any

log = structlog.stdlib.get_logger(__name__)

CHANNEL = "notification.room-events"
SEPARATOR = "\n"  # stands in no room's name and no event's; JSON escapes it
MOST_WAITING = 10_000
RETRY_SECONDS = 0.5
LISTEN_SECONDS = 0.5
TIMEOUT_SECONDS = 2.0
HEALTH_SECONDS = 10
REFUSED = "announcement_refused"

expect_errors(REFUSED)


class NotAnAnnouncement(ValueError):
    """What came is none of ours, or was changed on its way."""


class AnnouncementCodec:
    """Announcements as text, authenticated (HMAC-SHA-256) by a key of their own that is made from a shared secret."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), CHANNEL.encode(), sha256)

    def written(self, event: RoomEvent) -> str:
        """An event as it is announced."""
        text = SEPARATOR.join((event.room, str(event.id), event.event, event.data))
        return self._code(text) + SEPARATOR + text

    def read(self, announcement: object) -> RoomEvent:
        """The event of an announcement. Raises `NotAnAnnouncement`."""
        code, separator, text = announcement.partition(SEPARATOR) if isinstance(announcement, str) else ("", "", "")
        if not separator or not hmac.compare_digest(code.encode(), self._code(text).encode()):
            raise NotAnAnnouncement("its code is wrong")
        room, number, event, data = text.split(SEPARATOR, 3)
        return RoomEvent(room, int(number), event, data)

    def _code(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), sha256).hexdigest()


class RedisAnnouncer:
    """Sends announcements in the background, so that no consumer ever waits for Redis."""

    def __init__(self, redis: Redis, codec: AnnouncementCodec) -> None:
        self._redis = redis
        self._codec = codec
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
                pipeline.publish(CHANNEL, self._codec.written(event))
            await pipeline.execute()
        except (RedisError, OSError) as error:
            log.warning("announcements_lost", count=len(batch), error=type(error).__name__)
            await wait_for_any(stop, timeout=RETRY_SECONDS)


class RedisAnnouncements:
    """Receives announcements. `received` is called for each, `gap` whenever some may have been missed.

    What is none is logged and counted, and listening goes on: a client that reaches Redis must not be able to end it.
    """

    def __init__(self, redis: Redis, codec: AnnouncementCodec) -> None:
        self._redis = redis
        self._codec = codec

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
                            self._receive(message["data"], received)
            # A text that is no UTF-8 fails in the client, and takes the connection with it.
            except (RedisError, OSError, UnicodeDecodeError) as error:
                log.warning("announcements_not_received", error=type(error).__name__)
            await wait_for_any(stop, timeout=RETRY_SECONDS)

    def _receive(self, announcement: object, received: Callable[[RoomEvent], None]) -> None:
        try:
            event = self._codec.read(announcement)
        except NotAnAnnouncement as error:
            log.warning("announcement_refused", error=str(error))
            ERRORS.labels(REFUSED).inc()
        else:
            received(event)


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
