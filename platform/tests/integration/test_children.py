"""What a killed test run leaves behind: nothing."""

import asyncio
import sys
from pathlib import Path

import pytest

from parking_platform.ports import free_port
from parking_platform.processes import ChildProcess, ProcessSpec
from parking_platform.servers.redis import Redis
from parking_platform.servers.server import DidNotStart, start_child
from parking_platform.testing import scratch
from parking_platform.testing.waiting import wait_until

PARENT = """
import sys
from pathlib import Path
from parking_platform.processes import ChildProcess, ProcessSpec
spec = ProcessSpec(name="child", command=("sleep", "60"), directory=Path("/"))
print(ChildProcess.start(spec, Path(sys.argv[1])).pid, flush=True)
sys.stdin.read()
"""


def exists(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def test_a_child_does_not_outlive_its_killed_parent(tmp_path: Path) -> None:
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PARENT, str(tmp_path / "log")),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert parent.stdout
    child = int(await parent.stdout.readline())
    assert exists(child)

    parent.kill()
    await parent.wait()

    await wait_until(lambda: not exists(child), "the child to end", seconds=5)


async def test_a_child_that_does_not_listen_to_term_is_killed(tmp_path: Path) -> None:
    spec = ProcessSpec(
        name="stubborn",
        command=("bash", "-c", "trap '' TERM; echo deaf; while :; do read -rt 60 <> <(:); done"),
        directory=tmp_path,
        stop_seconds=0.2,
    )
    child = ChildProcess.start(spec, tmp_path / "log")
    await wait_until(lambda: "deaf" in (tmp_path / "log").read_text(), "the trap to be set", seconds=5)

    await child.stop()

    assert not child.running


async def test_a_server_that_cannot_start_shows_its_log(tmp_path: Path) -> None:
    directory = tmp_path / "redis"
    directory.mkdir()
    (directory / "appendonlydir").touch()

    with pytest.raises(DidNotStart, match="redis did not start: its process ended") as failure:
        await start_child(Redis(directory=directory, port=free_port()), tmp_path)

    assert "appendonlydir" in str(failure.value)


def test_directories_of_killed_runs_are_removed_and_those_of_living_ones_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scratch, "PARENT", tmp_path)
    abandoned = tmp_path / f"{scratch.PREFIX}abandoned"
    abandoned.mkdir()
    (abandoned / "lock").touch()

    with scratch.scratch_directory() as living:
        scratch.remove_abandoned()
        assert living.exists()
        assert not abandoned.exists()

    assert not living.exists()
