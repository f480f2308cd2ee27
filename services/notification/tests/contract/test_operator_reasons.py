"""The words of operators, from the fake and from reservation's answers over HTTP."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from services.notification.tests.fakes.reservation.operator_reasons import FakeOperatorReasons
from services.notification.tests.installation import RESERVATION_TOKEN

from notification_service.adapters.reservation.operator_reasons import HttpOperatorReasons
from notification_service.application.ports import OperatorReasons, ReasonsAway

PATH = "/internal/reservations/{}/operator-reason"


@dataclass
class Harness:
    """One of the two, how an operator's words get there, and how reservation goes away."""

    reasons: OperatorReasons
    say: Callable[[UUID, str], None]
    go_away: Callable[[], None]


@pytest_asyncio.fixture(params=["in memory", "over http"])
async def harness(request: pytest.FixtureRequest) -> AsyncIterator[Harness]:
    fake = FakeOperatorReasons()
    if request.param == "in memory":
        yield Harness(fake, fake.words.__setitem__, lambda: setattr(fake, "is_away", True))
        return

    def answer(asked: httpx.Request) -> httpx.Response:
        assert asked.headers["Authorization"] == f"Bearer {RESERVATION_TOKEN}"
        if fake.is_away:
            raise httpx.ConnectError("away")
        reservation_id = UUID(asked.url.path.split("/")[3])
        assert asked.url.path == PATH.format(reservation_id)
        return httpx.Response(200, json={"reason": fake.words.get(reservation_id)})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        reasons = HttpOperatorReasons(client, "http://reservation/", RESERVATION_TOKEN)
        yield Harness(reasons, fake.words.__setitem__, lambda: setattr(fake, "is_away", True))


async def test_an_operators_words_come_as_they_are(harness: Harness) -> None:
    cancelled = uuid4()
    harness.say(cancelled, "Überflutet 🌊")
    assert await harness.reasons.of(cancelled) == "Überflutet 🌊"
    assert await harness.reasons.of(uuid4()) is None


async def test_away_is_no_answer(harness: Harness) -> None:
    harness.go_away()
    with pytest.raises(ReasonsAway):
        await harness.reasons.of(uuid4())


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(401, json={"type": "/problems/unauthenticated"}),
        httpx.Response(404, json={"type": "/problems/not-found"}),
        httpx.Response(500, json={"reason": "Flooded"}),
        httpx.Response(200, json={"reason": 5}),
        httpx.Response(200, json={}),
        httpx.Response(200, json=[]),
        httpx.Response(200, text="<html>Flooded</html>"),
    ],
    ids=str,
)
async def test_what_is_no_plain_answer_is_being_away(answer: httpx.Response) -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: answer)) as client:
        with pytest.raises(ReasonsAway):
            await HttpOperatorReasons(client, "http://reservation", RESERVATION_TOKEN).of(uuid4())
