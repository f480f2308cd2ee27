"""One open WebSocket: what waits to be sent, and how it ends."""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prometheus_client import Counter, Gauge

if TYPE_CHECKING:
    from starlette.types import Send

SOCKETS_OPEN = Gauge("websockets_open", "WebSockets that are open in this process")
SOCKETS_CLOSED = Counter("websockets_closed", "WebSockets that ended", ["code"])
MESSAGES_SENT = Counter("websocket_messages_sent", "Messages that went into WebSockets")


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a socket is closed (RFC 6455, 7.4; 4000 and above are ours)."""

    code: int
    reason: str


GOING_AWAY = Ending(1001, "this server is stopping; connect again and resume")
TOO_MANY_ERRORS = Ending(1008, "too many messages that nobody understands")
LOGIN_ENDED = Ending(1008, "this login has ended; sign in again")
TOO_LARGE = Ending(1009, "messages have at most 4096 characters")
TOO_SLOW = Ending(1013, "too slow; connect again and resume")
TOKEN_EXPIRED = Ending(4401, "the access token has expired; connect again with a new one")
HUNG_UP = Ending(1005, "")

for _ending in (GOING_AWAY, TOO_MANY_ERRORS, TOO_LARGE, TOO_SLOW, TOKEN_EXPIRED, HUNG_UP):
    SOCKETS_CLOSED.labels(_ending.code)  # from the start, at 0: the first of each kind is then an increase


class Socket:
    """Takes messages without waiting; sends them in order. A client that reads too slowly is closed, and may resume."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._waiting: deque[str] = deque()
        self._news = asyncio.Event()
        self._drained = asyncio.Event()
        self._ending: Ending | None = None

    @property
    def waiting(self) -> int:
        """How many messages wait to be sent."""
        return len(self._waiting)

    def offer(self, text: str) -> bool:
        """Have a message sent. False when the socket takes none any more."""
        if self._ending is not None:
            return False
        if len(self._waiting) >= self._limit:
            self._waiting.clear()
            self.close(TOO_SLOW)
            return False
        self._waiting.append(text)
        self._drained.clear()
        self._news.set()
        return True

    def close(self, ending: Ending) -> None:
        """End it, after what waits. The first reason counts."""
        if self._ending is None:
            self._ending = ending
            self._news.set()
            self._drained.set()

    def cut(self, ending: Ending) -> None:
        """End it without sending what waits: its client may see no more of it."""
        self._waiting.clear()
        self.close(ending)

    async def drained(self) -> None:
        """Return when nothing waits any more."""
        if self._waiting and self._ending is None:
            await self._drained.wait()

    async def send_all(self, send: "Send") -> None:
        """Send what is offered until the socket ends."""
        try:
            await self._send_waiting(send)
            while self._ending is None:
                await self._news.wait()
                self._news.clear()
                await self._send_waiting(send)
            if self._ending is not HUNG_UP:
                await send(
                    {"type": "websocket.close", "code": self._ending.code, "reason": self._ending.reason},
                )
        except OSError:
            self.close(HUNG_UP)  # the peer went away in the middle of a message
        SOCKETS_CLOSED.labels((self._ending or HUNG_UP).code).inc()

    async def _send_waiting(self, send: "Send") -> None:
        sent = 0
        try:
            while self._waiting and self._ending is not HUNG_UP:
                await send({"type": "websocket.send", "text": self._waiting.popleft()})
                sent += 1
        finally:
            MESSAGES_SENT.inc(sent)
        self._drained.set()
