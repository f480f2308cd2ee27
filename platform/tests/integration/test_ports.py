import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from parking_platform.ports import LOOPBACK, free_port, free_ports, holder, is_free
from parking_platform.report import Report
from parking_platform.stack import PortTaken, Stack
from parking_platform.testing.platform import compose
from parking_platform.testing.scratch import scratch_directory


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server((LOOPBACK, free_port())) as server:
        yield server.getsockname()[1]


def test_sees_a_taken_port_and_who_holds_it(taken_port: int) -> None:
    assert not is_free(taken_port)
    assert f"pid {os.getpid()}" in (holder(taken_port) or "")


def test_finds_different_free_ports() -> None:
    ports = free_ports(5)

    assert len(set(ports)) == 5
    assert all(is_free(port) for port in ports)
    assert holder(ports[0]) is None


def test_no_other_run_gets_a_port_that_was_given() -> None:
    given = set(free_ports(100))
    code = "from parking_platform.ports import free_ports; print(*free_ports(11_000))"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert given.isdisjoint(map(int, other))


async def test_up_says_which_port_is_taken_by_whom_and_starts_nothing(taken_port: int) -> None:
    with scratch_directory() as directory:
        parts = compose(directory, profile="default")
        ports = {**parts.settings.ports, "elasticsearch": taken_port}
        moved = parts.settings.model_copy(update={"ports": ports})
        stack = Stack(type(parts)(**{**vars(parts), "settings": moved}), Report(quiet=True), ends_with_us=True)
        try:
            with pytest.raises(PortTaken) as refused:
                await stack.up()
            started = {name for name in ("redis", "elasticsearch") if stack.state(name).pid}
        finally:
            await stack.down()

    message = str(refused.value)
    assert f"Port {taken_port} (elasticsearch)" in message
    assert f"pid {os.getpid()}" in message
    assert "ports.elasticsearch in platform/platform.toml" in message
    assert not started
