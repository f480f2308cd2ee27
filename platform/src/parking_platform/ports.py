"""Ports of this machine: which are free, and who holds the others."""

import random
import socket
from itertools import islice
from pathlib import Path

LOOPBACK = "127.0.0.1"
# Below Linux's range for outgoing connections (32768 and up), so that none of those takes the port before we do.
TEST_PORTS = range(20_000, 32_000)


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """A port that nobody listens on now, and that no other test run gets while this process lives."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """So many different ones."""
    shuffled = random.sample(TEST_PORTS, len(TEST_PORTS))
    return list(islice((port for port in shuffled if is_free(port) and _reserve(port)), count))


def _reserve(port: int) -> bool:
    """Take the port's name among Linux's abstract sockets, so that no other run gets it before its server listens."""
    name = socket.socket(socket.AF_UNIX)
    try:
        name.bind(f"\0parking-test-port-{port}")
    except OSError:  # another run has it
        name.close()
        return False
    name.detach()  # open, and so taken, for as long as this process lives
    return True


def holder(port: int) -> str | None:
    """The process that listens on the port, as far as /proc lets us see it: `name (pid 12): command line`."""
    inodes = _listening_inodes(port)
    for process in Path("/proc").glob("[0-9]*"):
        if _holds_socket(process, inodes):
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            return f"{(process / 'comm').read_text().strip()} (pid {process.name}): {command[:120]}"
    return None


def _listening_inodes(port: int) -> frozenset[str]:
    listening = "0A"
    found: set[str] = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == listening and int(fields[1].rpartition(":")[2], 16) == port:
                found.add(f"socket:[{fields[9]}]")
    return frozenset(found)


def _holds_socket(process: Path, inodes: frozenset[str]) -> bool:
    try:
        return any(str(descriptor.readlink()) in inodes for descriptor in (process / "fd").iterdir())
    except OSError:  # another user's process, or one that has just ended
        return False
