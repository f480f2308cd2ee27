"""Searches are answered from a cache for as long as parking says, and nothing else is."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from gateway.tests.stand.processes import wait_for
from gateway.tests.stand.services import EchoService

PATH = "/api/v1/parking-lots"


@pytest_asyncio.fixture
async def parking(services: dict[str, EchoService]) -> AsyncIterator[EchoService]:
    """Parking, which has not been asked yet."""
    service = services["parking"]
    service.paths_asked.clear()
    yield service


async def test_the_same_question_is_asked_once(client: httpx.AsyncClient, parking: EchoService):
    answers = [await client.get(f"{PATH}?q=once&max-age=60") for _ in range(3)]

    assert len(parking.paths_asked) == 1
    assert len({answer.text for answer in answers}) == 1
    assert len({answer.headers["x-request-id"] for answer in answers}) == 3


async def test_another_question_has_another_answer(client: httpx.AsyncClient, parking: EchoService):
    asked = [f"{PATH}?q={word}&max-age=60" for word in ("here", "there")]
    answers = [await client.get(path) for path in asked * 2]

    assert [answer.json()["query"] for answer in answers] == [path.split("?")[1] for path in asked * 2]
    assert len(parking.paths_asked) == 2


async def test_an_answer_is_not_kept_for_longer_than_parking_says(client: httpx.AsyncClient, parking: EchoService):
    async def is_asked_again() -> bool:
        await client.get(f"{PATH}?q=second&max-age=1")
        return len(parking.paths_asked) > 1

    await wait_for(is_asked_again, "the answer to be too old")


@pytest.mark.parametrize(
    ("method", "query"),
    [
        ("GET", "q=unsaid"),
        ("GET", "status=422"),
        ("GET", "organization_id=7&max-age=60"),
        ("POST", "max-age=60"),
    ],
)
async def test_what_is_not_for_all_is_asked_each_time(
    client: httpx.AsyncClient, parking: EchoService, method: str, query: str
):
    for _ in range(2):
        await client.request(method, f"{PATH}?{query}")

    assert len(parking.paths_asked) == 2


async def test_one_lot_is_asked_each_time(client: httpx.AsyncClient, parking: EchoService):
    for _ in range(2):
        await client.get(f"{PATH}/7?max-age=60")

    assert len(parking.paths_asked) == 2
