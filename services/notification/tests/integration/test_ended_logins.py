"""A login that ends: its sockets are closed and its tokens refused, in every process, within two seconds."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from services.notification.tests.events import Publishing
from services.notification.tests.installation import access_token, bearer
from services.notification.tests.running import RunningNotification, open_socket
from services.notification.tests.talking import enter, receive, say
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from parking_events import LoginState, SessionReuseDetectedV1, SessionRevokedV1
from parking_platform.testing.waiting import wait_until

PROMISED_SECONDS = 2


def end_of(login_id: UUID, event_class: type[LoginState] = SessionRevokedV1) -> LoginState:
    now = datetime.now(UTC)
    return event_class(
        version=2,
        reason="suspended",
        login_id=login_id,
        user_id=uuid4(),
        started_at=now - timedelta(minutes=1),
        expires_at=now + timedelta(days=90),
        revoked_at=now,
    )


async def closing(socket: ClientConnection) -> tuple[int | None, str | None]:
    """Code and reason of the end; what else is said before is passed over."""
    try:
        while True:
            await socket.recv()
    except ConnectionClosed:
        return socket.close_code, socket.close_reason


async def status_of(notification: RunningNotification, token: str, process: int = 0) -> int:
    url = notification.serving[process].url
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        return (await client.get("/api/v1/notifications", headers=bearer(token))).status_code


async def ticket(notification: RunningNotification, token: str) -> str:
    async with httpx.AsyncClient(base_url=notification.serving[0].url, trust_env=False) as client:
        given = await client.post("/api/v1/ws/tickets", headers=bearer(token))
    assert given.status_code == 201
    return f"{notification.serving[1].url.replace('http', 'ws')}/api/v1/ws?ticket={given.json()['ticket']}"


@pytest.mark.parametrize("event_class", [SessionRevokedV1, SessionReuseDetectedV1])
async def test_it_is_over_everywhere_within_two_seconds(
    notification: RunningNotification, publish: Publishing, event_class: type[LoginState]
) -> None:
    user_id, ended, other = uuid4(), uuid4(), uuid4()
    token = access_token(user_id, login_id=ended)
    spare, by_ticket = await ticket(notification, token), await ticket(notification, token)
    async with (
        open_socket(notification.serving[0], token) as here,
        open_socket(notification.serving[1], token) as there,
        connect(by_ticket, proxy=None) as ticketed,
        notification.socket(user_id, login_id=other) as stays,
    ):
        for socket in (here, there, ticketed, stays):
            assert (await enter(socket, f"user:{user_id}"))["type"] == "subscribed"
        await publish(end_of(ended, event_class))
        async with asyncio.timeout(PROMISED_SECONDS):
            closed = await asyncio.gather(*(closing(socket) for socket in (here, there, ticketed)))
        assert closed == [(1008, "this login has ended; sign in again")] * 3
        await say(stays, type="ping")
        assert await receive(stays) == {"type": "pong"}
    for process in (0, 1):
        assert await status_of(notification, token, process) == 401
        assert await status_of(notification, access_token(user_id, login_id=other), process) == 200
    for opening in (open_socket(notification.serving[0], token), connect(spare, proxy=None)):
        with pytest.raises(InvalidStatus) as refused:
            await opening
        assert refused.value.response.status_code == 401


async def test_without_the_consumer_the_token_is_still_accepted(
    notification: RunningNotification, publish: Publishing
) -> None:
    """The negative control; and when the consumer is back, what it missed takes effect."""
    ended, noted = uuid4(), uuid4()
    token, other = access_token(login_id=ended), access_token(login_id=noted)
    await notification.worker.stop()
    try:
        async with open_socket(notification.serving[0], token) as socket:
            await publish(end_of(ended))
            # What another login's row does shows that the process has read since.
            await notification.fetch("INSERT INTO ended_logins VALUES ($1, now() + interval '15 minutes')", noted)

            async def is_read() -> bool:
                return await status_of(notification, other) == 401

            await wait_until(is_read, "the next reading", seconds=PROMISED_SECONDS)
            assert await status_of(notification, token) == 200
            await say(socket, type="ping")
            assert await receive(socket) == {"type": "pong"}
            await notification.worker.start()
            async with asyncio.timeout(20):
                assert (await closing(socket))[0] == 1008
    finally:
        if notification.worker.process is None or notification.worker.process.returncode is not None:
            await notification.worker.start()
    assert await status_of(notification, token) == 401
