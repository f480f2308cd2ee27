"""What the driver's app receives over the WebSocket."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from parking_demo.addresses import Addresses
from parking_demo.effects import Effect, Medium, Sighting, Subject
from parking_demo.people import Json, UnexpectedAnswer

WAIT_SECONDS = 0.02
SUBSCRIBE_SECONDS = 5.0


@dataclass(slots=True)
class LiveMessages:
    """See `parking_demo.effects.Watcher`."""

    socket: ClientConnection
    received: list[Json] = field(default_factory=list[Json])

    @classmethod
    @asynccontextmanager
    async def subscribed(cls, addresses: Addresses, token: str, room: str) -> AsyncIterator[Self]:
        """The messages of a room from here on, as a client with this token receives them."""
        protocol = Subprotocol(f"bearer.{token}")
        async with connect(
            addresses.websocket, ssl=addresses.trust, subprotocols=[protocol], proxy=None, max_queue=None
        ) as socket:
            await socket.send(json.dumps({"type": "subscribe", "room": room}))
            async with asyncio.timeout(SUBSCRIBE_SECONDS):
                answer = json.loads(await socket.recv())
            if answer["type"] != "subscribed":
                raise UnexpectedAnswer(f"subscribing to {room} was answered with {answer}")
            yield cls(socket)

    async def look(self, subject: Subject) -> Sequence[Sighting]:
        """See Watcher."""
        with suppress(TimeoutError):
            while True:
                async with asyncio.timeout(WAIT_SECONDS):
                    self.received.append(json.loads(await self.socket.recv()))
        return [
            Sighting(Effect("notification", Medium.LIVE, message["event"]), f"{message['event']:<28}to the app")
            for message in self.received
            if subject.reservation_ids & {message["data"]["id"], message["data"].get("reservation_id")}
        ]

    def turn_page(self) -> None:
        """See Watcher."""
        self.received.clear()
