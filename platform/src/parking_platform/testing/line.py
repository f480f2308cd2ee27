"""A line to a server that tests can cut: no end is closed and nothing passes, as where a network is gone."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

from parking_platform.ports import LOOPBACK

CHUNK = 65_536


class Line:
    """Passes on what comes, both ways, until it is cut. A client that connects while it is cut gets no answer."""

    def __init__(self, host: str, port: int) -> None:
        self.port = 0
        self._target = host, port
        self._whole = asyncio.Event()
        self._whole.set()
        self._pumps: set[asyncio.Task[None]] = set()

    def cut(self) -> None:
        """From now on nothing passes."""
        self._whole.clear()

    def mend(self) -> None:
        """What waited passes, and all that follows."""
        self._whole.set()

    def through(self, url: str) -> str:
        """The URL of a server, by this line."""
        parts = urlsplit(url)
        credentials, _, _ = parts.netloc.rpartition("@")
        return urlunsplit(parts._replace(netloc=f"{credentials}@{LOOPBACK}:{self.port}"))

    async def enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Connect one client with the server."""
        await self._whole.wait()
        behind_reader, behind_writer = await asyncio.open_connection(*self._target)
        ways = ((reader, behind_writer), (behind_reader, writer))
        pumps = [asyncio.create_task(self._pass_on(*way)) for way in ways]
        self._pumps.update(pumps)
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for end in (behind_writer, writer):
            end.close()

    def close(self) -> None:
        """Nothing more will pass."""
        for pump in self._pumps:
            pump.cancel()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(CHUNK):
                await self._whole.wait()
                writer.write(data)
                await writer.drain()
            await self._whole.wait()
        except ConnectionError:
            await self._whole.wait()


@asynccontextmanager
async def line_to(url: str) -> AsyncGenerator[Line]:
    """A line to the server of a URL, as long as the block lasts."""
    target = urlsplit(url)
    line = Line(target.hostname or LOOPBACK, target.port or 0)
    async with await asyncio.start_server(line.enter, LOOPBACK, 0) as server:
        line.port = server.sockets[0].getsockname()[1]
        try:
            yield line
        finally:
            line.mend()
            line.close()
