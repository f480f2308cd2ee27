"""What is away comes back, and nothing is lost."""

import signal
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import redis.asyncio
from services.notification.tests.events import Publishing, lot_event, reservation_event, spot_event
from services.notification.tests.installation import access_token
from services.notification.tests.running import RunningNotification, open_socket
from services.notification.tests.talking import enter, receive, receive_events
from websockets.exceptions import ConnectionClosed

from parking_platform.testing.waiting import wait_until

ME = uuid4()


async def published_with_lot(publish: Publishing, user_id: UUID) -> Any:
    """A reservation of a known lot, about which a mail is due."""
    event = reservation_event(user_id=user_id)
    await publish(lot_event(event.parking_lot_id))
    await publish(event)
    return event


async def wait_failed_attempts(notification: RunningNotification, user_id: UUID) -> None:
    async def tried() -> bool:
        query = "SELECT attempts FROM deliveries WHERE user_id = $1 AND channel = 'email' AND status = 'pending'"
        return await notification.fetch(query, user_id) > [(0,)]

    await wait_until(tried, "an attempt that failed")


class TestRedis:
    async def test_without_it_nothing_is_lost(self, notification: RunningNotification, publish: Publishing) -> None:
        lot_id = uuid4()
        async with notification.socket(ME, 0) as here, notification.socket(ME, 1) as there:
            for socket in (here, there):
                await enter(socket, f"lot:{lot_id}")
            await publish(*(spot_event(lot_id, version) for version in range(1, 11)))
            await receive_events(here, 10)
            await notification.redis.stop()
            await publish(*(spot_event(lot_id, version) for version in range(11, 21)))
            assert [each["id"] for each in await receive_events(here, 10)] == [str(each) for each in range(11, 21)]
            await notification.redis.start()
            await publish(*(spot_event(lot_id, version) for version in range(21, 31)))
            await receive_events(here, 10)
            assert [each["id"] for each in await receive_events(there, 30)] == [str(each) for each in range(1, 31)]

    async def test_flushed_and_cut_off_it_loses_nothing(
        self, notification: RunningNotification, publish: Publishing
    ) -> None:
        lot_id = uuid4()
        async with (
            redis.asyncio.Redis.from_url(notification.redis_url) as client,
            notification.socket(ME) as socket,
        ):
            await enter(socket, f"lot:{lot_id}")
            for version in range(1, 11):
                await client.flushall()
                await client.client_kill_filter(_type="pubsub")
                await publish(spot_event(lot_id, version))
            assert [each["id"] for each in await receive_events(socket, 10)] == [str(each) for each in range(1, 11)]

    async def test_it_is_the_poll_that_heals(self, notification: RunningNotification, publish: Publishing) -> None:
        """The negative control: without the poll and without Redis the event does not come."""
        lot_id = uuid4()
        blind = notification.program("serve", room_poll_seconds=3600)
        await blind.start()
        try:
            async with open_socket(blind, access_token(ME)) as unhealed, notification.socket(ME) as healed:
                for socket in (unhealed, healed):
                    await enter(socket, f"lot:{lot_id}")
                await publish(spot_event(lot_id, 1))
                await receive_events(unhealed, 1)
                await receive_events(healed, 1)
                await notification.redis.stop()
                await publish(spot_event(lot_id, 2))
                await receive_events(healed, 1)
                with pytest.raises(TimeoutError):
                    await receive(unhealed, seconds=2)
        finally:
            await blind.stop()
            await notification.redis.start()


class TestMail:
    async def test_it_waits_for_the_mail_server(self, notification: RunningNotification, publish: Publishing) -> None:
        user_id, address = await notification.registered()
        await notification.mail.stop()
        await published_with_lot(publish, user_id)
        await wait_failed_attempts(notification, user_id)
        await notification.mail.start()
        assert len(await notification.wait_mails(address, 1)) == 1

    async def test_it_waits_for_auth(self, notification: RunningNotification, publish: Publishing) -> None:
        user_id, address = await notification.registered()
        await notification.auth.stop()
        await published_with_lot(publish, user_id)
        await wait_failed_attempts(notification, user_id)
        await notification.auth.start()
        assert len(await notification.wait_mails(address, 1)) == 1

    async def test_it_waits_for_the_lots_name(self, notification: RunningNotification, publish: Publishing) -> None:
        user_id, address = await notification.registered()
        event = reservation_event(user_id=user_id)
        await publish(event)
        await wait_failed_attempts(notification, user_id)
        await publish(lot_event(event.parking_lot_id, name="Late lot"))
        (mail,) = await notification.wait_mails(address, 1)
        assert mail["subject"].endswith("Late lot")

    async def test_nobody_to_write_to_ends_it(self, notification: RunningNotification, publish: Publishing) -> None:
        user_id = uuid4()
        await published_with_lot(publish, user_id)

        async def ended() -> list[Any]:
            query = "SELECT status, failure FROM deliveries WHERE user_id = $1 AND channel = 'email'"
            return [row for row in await notification.fetch(query, user_id) if row[0] != "pending"]

        assert await wait_until(ended, "the delivery to end") == [("failed", "user_unknown")]
        query = "SELECT count(*) FROM outbox WHERE partition_key = $1 AND type = 'parking.notification.failed.v1'"
        assert await notification.fetch(query, str(user_id)) == [(1,)]

    async def test_to_an_address_that_nobody_verified_goes_none(
        self, notification: RunningNotification, publish: Publishing
    ) -> None:
        address = f"{uuid4().hex}@example.com"
        body = {"email": address, "password": "correct horse battery", "full_name": "Dora"}
        async with httpx.AsyncClient(base_url=notification.auth.url, trust_env=False) as client:
            user_id = UUID((await client.post("/api/v1/auth/register", json=body)).json()["id"])
        await published_with_lot(publish, user_id)

        async def ended() -> list[Any]:
            query = "SELECT status, failure FROM deliveries WHERE user_id = $1 AND channel = 'email'"
            return [row for row in await notification.fetch(query, user_id) if row[0] != "pending"]

        assert await wait_until(ended, "the delivery to end") == [("failed", "unverified")]
        inbox = "SELECT count(*) FROM notifications WHERE user_id = $1"
        assert await notification.fetch(inbox, user_id) == [(1,)]

    async def test_a_repeat_of_an_event_that_the_inbox_forgot_mails_nobody(
        self, notification: RunningNotification, publish: Publishing
    ) -> None:
        user_id, address = await notification.registered()
        event, event_id = reservation_event(user_id=user_id), uuid4()
        await publish(lot_event(event.parking_lot_id))
        await publish(event, event_id=event_id)
        await notification.wait_mails(address, 1)
        await notification.fetch("DELETE FROM inbox WHERE event_id = $1", event_id)
        await publish(event, event_id=event_id)
        await published_with_lot(publish, user_id)
        mails = await notification.wait_mails(address, 2)
        assert len(mails) == 2


async def test_asked_to_stop_it_says_goodbye(notification: RunningNotification, publish: Publishing) -> None:
    lot_id = uuid4()
    leaving = notification.program("serve")
    await leaving.start()
    try:
        async with open_socket(leaving, access_token(ME)) as socket:
            await enter(socket, f"lot:{lot_id}")
            leaving.signal(signal.SIGTERM)
            with pytest.raises(ConnectionClosed):
                await receive(socket, seconds=10)
            assert socket.close_code == 1001
        assert leaving.process is not None

        async def ended() -> bool:
            return leaving.process is not None and leaving.process.returncode is not None

        await wait_until(ended, "the process to end", seconds=10)
        assert leaving.process.returncode == 0
    finally:
        await leaving.stop()
