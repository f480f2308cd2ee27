"""The life of a process, tried on real ones."""

import asyncio
import sys
import time
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from parking_platform.ports import LOOPBACK, free_port
from parking_platform.processes import inherited_environment

PROGRAMS = Path(__file__).parent / "programs.py"
SECONDS = 20.0

Start = Callable[[str], Awaitable[Process]]


@pytest.fixture
def port() -> int:
    return free_port()


@pytest_asyncio.fixture
async def start(port: int) -> AsyncIterator[Start]:
    started: list[Process] = []

    async def start(name: str) -> Process:
        command = (sys.executable, str(PROGRAMS), name, str(port))
        process = await asyncio.create_subprocess_exec(
            *command, env=inherited_environment(), stdin=PIPE, stdout=PIPE, stderr=STDOUT
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def wait_for_answer(port: int, path: str = "/healthz") -> httpx.Response:
    deadline = time.monotonic() + SECONDS
    async with httpx.AsyncClient(trust_env=False, timeout=SECONDS) as client:
        while True:
            try:
                return await client.get(f"http://{LOOPBACK}:{port}{path}")
            except httpx.ConnectError:
                assert time.monotonic() < deadline
            await asyncio.sleep(0.05)


async def wait_until_closed(port: int) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        try:
            _, writer = await asyncio.open_connection(LOOPBACK, port)
        except OSError:
            return
        writer.close()
        await asyncio.sleep(0.05)
    pytest.fail("the port is still open")


async def wait_for_line(process: Process, words: str) -> None:
    assert process.stdout is not None
    async with asyncio.timeout(SECONDS):
        while words not in (line := (await process.stdout.readline()).decode()):
            assert line, "the process ended"


async def end_of(process: Process) -> tuple[int | None, str]:
    """Exit code and what it said."""
    output, _ = await asyncio.wait_for(process.communicate(), SECONDS)
    return process.returncode, output.decode()


class TestWork:
    async def test_a_signal_drains_the_loops_closes_what_was_open_and_ends_well(self, start: Start, port: int) -> None:
        process = await start("work")
        assert (await wait_for_answer(port, "/readyz")).status_code == 200
        assert b"errors_total" in (await wait_for_answer(port, "/metrics")).content
        process.terminate()
        code, output = await end_of(process)
        assert code == 0
        assert [line for line in output.splitlines() if "{" not in line] == ["opened", "drained", "closed"]

    async def test_a_deaf_loop_is_cancelled_after_the_grace_period(self, start: Start, port: int) -> None:
        process = await start("deaf")
        await wait_for_answer(port)
        process.terminate()
        code, output = await end_of(process)
        assert code == 0
        assert "drained" in output
        assert "loops_cancelled" in output

    @pytest.mark.parametrize("name", ["failing", "finishing"])
    async def test_a_loop_that_ends_by_itself_ends_the_process_with_1(self, start: Start, name: str) -> None:
        code, output = await end_of(await start(name))
        assert code == 1
        assert ("this loop is broken" in output) == (name == "failing")
        assert "drained" in output
        assert "closed" in output

    async def test_a_timer_that_fails_is_recorded_and_comes_round_again(self, start: Start) -> None:
        process = await start("recovering")
        await wait_for_line(process, "timer_failed")
        await wait_for_line(process, "succeeded")
        process.terminate()
        assert (await end_of(process))[0] == 0


@pytest.mark.parametrize(("name", "ready"), [("work", 0), ("unready", 1)])
async def test_a_container_finds_out_how_its_process_is(start: Start, port: int, name: str, ready: int) -> None:
    async def probe(*options: str) -> int:
        command = (sys.executable, "-m", "parking_chassis.probe", *options, str(free_port()), str(port))
        return await (await asyncio.create_subprocess_exec(*command, env=inherited_environment())).wait()

    assert await probe() == 1
    process = await start(name)
    await wait_for_answer(port)
    assert await probe() == 0
    assert await probe("--ready") == ready
    process.terminate()
    await end_of(process)


class TestServe:
    async def test_a_signal_lets_requests_in_flight_finish(self, start: Start, port: int) -> None:
        process = await start("slow")
        in_flight = asyncio.create_task(wait_for_answer(port, "/slow"))
        await wait_for_line(process, "began")
        process.terminate()
        await wait_until_closed(port)
        assert not in_flight.done()
        assert process.stdin is not None
        process.stdin.write(b"\n")
        assert (await in_flight).json() == "done"
        assert (await end_of(process))[0] == 0

    async def test_a_start_that_fails_is_no_success(self, start: Start) -> None:
        code, output = await end_of(await start("broken"))
        assert code == 3
        assert "the start fails" in output

    async def test_what_was_imported_is_left_out_of_collections(self, start: Start, port: int) -> None:
        await start("slow")
        looked_through, left_out = (await wait_for_answer(port, "/collected")).json()
        assert looked_through < left_out / 10
