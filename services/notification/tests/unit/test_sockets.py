"""One socket: order, backpressure, endings."""

import asyncio
from typing import Any

from prometheus_client import REGISTRY

from notification_service.entrypoints.http.hub import OpenSockets
from notification_service.entrypoints.http.sockets import GOING_AWAY, HUNG_UP, LOGIN_ENDED, TOO_SLOW, Socket
from parking_platform.testing.waiting import wait_until


class Peer:
    """The other end: reads only while it is `reading`."""

    def __init__(self) -> None:
        self.received: list[Any] = []
        self.reading = asyncio.Event()
        self.reading.set()

    async def send(self, message: Any) -> None:
        await self.reading.wait()
        self.received.append(message.get("text", message.get("code")))


async def test_messages_go_out_in_order_and_before_the_end() -> None:
    socket, peer = Socket(10), Peer()
    for number in range(5):
        assert socket.offer(str(number))
    socket.close(GOING_AWAY)
    assert not socket.offer("too late")
    await socket.send_all(peer.send)
    assert peer.received == ["0", "1", "2", "3", "4", 1001]


async def test_who_reads_too_slowly_is_closed_and_costs_no_memory() -> None:
    socket, peer = Socket(3), Peer()
    peer.reading.clear()
    sending = asyncio.create_task(socket.send_all(peer.send))
    socket.offer("on its way")

    await wait_until(lambda: socket.waiting == 0, "the message to be on its way")
    assert [socket.offer(str(number)) for number in range(5)] == [True, True, True, False, False]
    assert socket.waiting == 0
    peer.reading.set()
    await sending
    assert peer.received == ["on its way", TOO_SLOW.code]


async def test_the_sockets_of_ended_logins_are_closed_and_get_no_more_of_what_waits() -> None:
    open_sockets = OpenSockets()
    logins = ["ended", "open", None, "ended"]
    mine, peers = [Socket(10) for _ in logins], [Peer() for _ in logins]
    for socket, login in zip(mine, logins, strict=True):
        open_sockets.add(socket, login)
        assert socket.offer("waits")
    open_sockets.close_of({"ended", "elsewhere"})
    for socket in mine:
        socket.close(GOING_AWAY)
    for socket, peer in zip(mine, peers, strict=True):
        await socket.send_all(peer.send)
    assert [peer.received for peer in peers] == [
        [LOGIN_ENDED.code],
        ["waits", 1001],
        ["waits", 1001],
        [LOGIN_ENDED.code],
    ]


async def test_nothing_is_sent_to_who_hung_up() -> None:
    socket, peer = Socket(3), Peer()
    socket.offer("1")
    socket.close(HUNG_UP)
    await socket.send_all(peer.send)
    assert peer.received == []


async def test_a_peer_that_goes_in_the_middle_ends_it() -> None:
    async def gone(_message: Any) -> None:
        raise ConnectionResetError

    socket = Socket(3)
    socket.offer("1")
    await socket.send_all(gone)
    assert not socket.offer("2")


def test_each_way_to_end_is_counted_from_the_start() -> None:
    """A counter that appears with its first count shows no increase."""
    for code in ("1001", "1005", "1008", "1009", "1013", "4401"):
        assert REGISTRY.get_sample_value("websockets_closed_total", {"code": code}) is not None, code
