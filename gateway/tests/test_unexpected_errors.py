"""A request that ends in an unexpected error does not cost the next client's request."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from gateway.tests.stand.gateway import Starter
from gateway.tests.stand.processes import wait_for

from parking_platform.ports import LOOPBACK, free_port
from parking_platform.processes import inherited_environment

PROGRAM = Path(__file__).parent / "stand" / "breaking_service.py"
PAYMENTS = "/api/v1/payments"
ROUNDS = 20
BAD_GATEWAY = 502
WORDS = "nobody expected this"


@asynccontextmanager
async def breaking_service(kind: str, log: Path) -> AsyncIterator[int]:
    """Its port, until the end of the block."""
    port = free_port()
    command = (sys.executable, str(PROGRAM), kind, str(port))
    with log.open("wb") as output:  # a pipe that nobody reads would fill, and stop it
        process = await asyncio.create_subprocess_exec(*command, env=inherited_environment(), stdout=output)

    async def listens() -> bool:
        try:
            async with httpx.AsyncClient(trust_env=False) as client:
                return (await client.post(f"http://{LOOPBACK}:{port}{PAYMENTS}")).is_success
        except httpx.ConnectError:
            return False

    try:
        await wait_for(listens, "the service to listen")
        yield port
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def played(starter: Starter, kind: str, path: str, log: Path) -> list[tuple[int, int]]:
    """In each round what the failing request got, and what the next client's POST got."""
    async with (
        breaking_service(kind, log) as port,
        starter.running(f"{kind}-{port}", PAYMENT_UPSTREAM=f"{LOOPBACK}:{port}") as gateway,
        gateway.client() as one,
        gateway.client() as another,
    ):
        await another.post(PAYMENTS)  # connected before it counts
        return [
            ((await one.get(PAYMENTS + path)).status_code, (await another.post(PAYMENTS)).status_code)
            for _ in range(ROUNDS)
        ]


@pytest.mark.parametrize(("path", "status"), [("/broken", 500), ("/broken-afterwards", 200)])
async def test_a_request_that_ends_in_an_unexpected_error_does_not_cost_the_next_clients_request(
    starter: Starter, tmp_path: Path, path: str, status: int
) -> None:
    log = tmp_path / "log"
    assert await played(starter, "service", path, log) == [(status, 201)] * ROUNDS
    # Nothing is hidden: each error is one line with its traceback.
    lines = [line for line in log.read_text().splitlines() if "unexpected_error" in line]
    assert len(lines) == ROUNDS
    assert all("Traceback" in line and WORDS in line and "request_id" in line for line in lines)


@pytest.mark.parametrize("path", ["/broken", "/broken-afterwards"])
async def test_an_error_that_is_raised_on_to_the_server_costs_it(starter: Starter, tmp_path: Path, path: str) -> None:
    """The negative control."""
    rounds = await played(starter, "raising-on", path, tmp_path / "log")
    assert BAD_GATEWAY in {posted for _, posted in rounds}
