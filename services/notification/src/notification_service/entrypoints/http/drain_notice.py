"""The drain notice: open WebSockets are closed with 1001 before the server stops.

Left to itself, uvicorn cuts them off with 1012 as soon as it is to stop.
"""

import asyncio
import signal
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from types import FrameType

from notification_service.entrypoints.http.hub import OpenSockets
from notification_service.entrypoints.http.sockets import GOING_AWAY

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def drain_notice_on_signal(open_sockets: OpenSockets, seconds: float) -> Generator[None]:
    """Put the drain notice before the server's own handling of a signal. A second signal does not wait for it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    notice = _DrainNotice(open_sockets, seconds, {number: signal.getsignal(number) for number in SIGNALS})
    for number in SIGNALS:
        signal.signal(number, notice.on_signal)
    try:
        yield
    finally:
        for number, own in notice.servers_own.items():
            signal.signal(number, own)


class _DrainNotice:
    def __init__(self, open_sockets: OpenSockets, seconds: float, servers_own: "Mapping[int, signal._HANDLER]") -> None:
        self.servers_own = servers_own
        self._open_sockets = open_sockets
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[None] | None = None

    def on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._loop.call_soon_threadsafe(self._begin, number)

    def _begin(self, number: int) -> None:
        if self._task is None:
            self._task = self._loop.create_task(self._drain(number))
        else:
            self._stop_server(number)

    async def _drain(self, number: int) -> None:
        await self._open_sockets.close_all(GOING_AWAY, self._seconds)
        self._stop_server(number)

    def _stop_server(self, number: int) -> None:
        if callable(own := self.servers_own[number]):
            own(number, None)
