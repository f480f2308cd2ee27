"""A malformed live message does not end the listener, and a forged one reaches nobody."""

import asyncio

from prometheus_client import REGISTRY

from notification_service.adapters.redis.fan_out import (
    CHANNEL,
    REFUSED,
    SEPARATOR,
    AnnouncementCodec,
    RedisAnnouncements,
    RedisAnnouncer,
    connect,
)
from notification_service.domain.rooms import RoomEvent
from parking_platform.testing.servers import RedisServer
from parking_platform.testing.waiting import wait_until

SECRET = "s" * 32
MALFORMED = [b"", b"nonsense", b"\xff\xfe", b"a\nb", b"lot:1\nseven\nspot\n{}", b"\n\n\n\n", b"x" * 100_000]


def refused() -> float:
    return REGISTRY.get_sample_value("errors_total", {"where": REFUSED}) or 0


async def test_a_malformed_or_forged_message_does_not_end_the_listener(redis_server: RedisServer) -> None:
    redis_url = redis_server.url
    codec = AnnouncementCodec(SECRET)
    receiving, sending = connect(redis_url), connect(redis_url)
    received: list[RoomEvent] = []
    listens, stop = asyncio.Event(), asyncio.Event()
    announcer = RedisAnnouncer(sending, codec)
    tasks = [
        asyncio.create_task(RedisAnnouncements(receiving, codec).run(stop, received.append, listens.set)),
        asyncio.create_task(announcer.run(stop)),
    ]
    try:
        await asyncio.wait_for(listens.wait(), 20)
        for number, malformed in enumerate(MALFORMED, start=1):
            listens.clear()
            await sending.publish(CHANNEL, malformed)
            await sending.publish(CHANNEL, SEPARATOR.join(("user:1", "9", "forged", "{}")))
            good = RoomEvent("lot:1", number, "spot_occupied", "{}")

            async def announced(good: RoomEvent = good) -> bool:
                announcer.announce([good])  # again, where it was lost with the connection
                await asyncio.sleep(0)
                return good in received

            await wait_until(announced, "the next announcement to be received")
        assert not any(task.done() for task in tasks)
        assert {event.event for event in received} == {"spot_occupied"}
        assert refused() > 0
    finally:
        stop.set()
        await asyncio.gather(*tasks)
        await receiving.aclose()
        await sending.aclose()
