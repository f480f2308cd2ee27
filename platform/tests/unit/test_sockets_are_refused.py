import asyncio
import socket

import pytest
from pytest_socket import SocketBlockedError


def test_unit_tests_get_no_sockets() -> None:
    with pytest.raises(SocketBlockedError):
        socket.socket()


async def test_asyncio_works_without_them() -> None:
    async with asyncio.timeout(1):
        await asyncio.sleep(0)


def test_the_folder_marks_the_test(request: pytest.FixtureRequest) -> None:
    assert request.node.get_closest_marker("unit")
