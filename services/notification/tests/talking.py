"""The WebSocket's protocol as a client speaks it."""

import asyncio
import json
from typing import Any

from websockets.asyncio.client import ClientConnection

SECONDS = 15


async def say(socket: ClientConnection, **message: Any) -> None:
    await socket.send(json.dumps(message))


async def hear(socket: ClientConnection, seconds: float = SECONDS) -> dict[str, Any]:
    """The next message."""
    return json.loads(await asyncio.wait_for(socket.recv(), seconds))


async def enter(socket: ClientConnection, room: str, **more: Any) -> dict[str, Any]:
    """Subscribe; the answer."""
    await say(socket, type="subscribe", room=room, **more)
    return await hear(socket)


async def hear_events(socket: ClientConnection, count: int, seconds: float = SECONDS) -> list[dict[str, Any]]:
    """The next events, all of which must be events."""
    heard = [await hear(socket, seconds) for _ in range(count)]
    assert all(message["type"] == "event" for message in heard), heard
    return heard
