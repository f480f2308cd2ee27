"""The WebSocket's protocol as a client speaks it."""

import asyncio
import json
from typing import Any

from websockets.asyncio.client import ClientConnection

SECONDS = 15


async def say(socket: ClientConnection, **message: Any) -> None:
    await socket.send(json.dumps(message))


async def receive(socket: ClientConnection, seconds: float = SECONDS) -> dict[str, Any]:
    """The next message."""
    return json.loads(await asyncio.wait_for(socket.recv(), seconds))


async def enter(socket: ClientConnection, room: str, **more: Any) -> dict[str, Any]:
    """Subscribe; the answer."""
    await say(socket, type="subscribe", room=room, **more)
    return await receive(socket)


async def receive_events(socket: ClientConnection, count: int, seconds: float = SECONDS) -> list[dict[str, Any]]:
    """The next events, all of which must be events."""
    received = [await receive(socket, seconds) for _ in range(count)]
    assert all(message["type"] == "event" for message in received), received
    return received
