"""Bad input is refused by every service with a problem that names the field and the rule, and never breaks anything."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from tests.system.bad_input import CALLS, INVALID, REFUSED, WITH_A_BODY, WITH_A_KEY, Call
from tests.system.logins import AdministratorsLogin

from parking_demo.people import City, Driver, Json, Person, tomorrow_at

MIB = 1024 * 1024
JSON = {"Content-Type": "application/json"}


class Guest(Person):
    """Is not signed in."""

    @property
    def authorization(self) -> dict[str, str]:
        return {}


@dataclass(frozen=True)
class Scene:
    """Who asks, and what the words in <...> mean."""

    people: Mapping[str, Person]
    words: Mapping[str, str]

    async def ask(self, call: Call, changes: Json | None = None, **instead: Any) -> httpx.Response:
        """Send a call, with other values or other parts of the request."""
        request = {"path": call.path, "headers": dict(call.headers), call.place: call.but(changes or {}), **instead}
        content = request.pop("content", None)
        filled = self._filled(request)
        return await self.people[call.who].send(call.method, filled.pop("path"), content=content, **filled)

    def _filled(self, request: Json) -> Json:
        text = json.dumps(request)
        for word, meaning in (*self.words.items(), ("<new>", uuid4().hex[:12])):
            text = text.replace(word, meaning)
        return json.loads(text)


@pytest_asyncio.fixture(scope="module")
async def scene(city: City, administrators_login: AdministratorsLogin) -> Scene:
    """A lot with reservations, one of them paid, and a lot of somebody else's."""
    administrator = await administrators_login.renewed()
    operator, stranger = [await administrator.take_on_an_operator() for _ in range(2)]
    driver = await Driver.registered(city)
    lot, foreign = await operator.open_lot(spots=9), await stranger.open_lot(spots=1)
    paid, held, given_up = [(await driver.reserve(lot)).json() for _ in range(3)]
    payment = await driver.begin_payment(paid["charge"]["token"])
    await driver.give_card(payment)
    await driver.wait_for_status(paid["id"], "confirmed")
    noon = tomorrow_at(12)
    return Scene(
        {"guest": Guest(city, ""), "driver": driver, "operator": operator, "admin": administrator},
        {
            "<lot>": lot.id,
            "<spot>": lot.spots["1"],
            "<foreign>": foreign.id,
            "<unknown>": str(uuid4()),
            "<reservation>": given_up["id"],
            "<charge>": held["charge"]["token"],
            "<payment>": payment["id"],
            "<now>": datetime.now(UTC).isoformat(),
            "<noon>": noon.isoformat(),
            "<one>": (noon + timedelta(hours=1)).isoformat(),
        },
    )


@pytest.mark.parametrize("name", CALLS)
async def test_a_call_with_nothing_wrong(scene: Scene, name: str) -> None:
    """Else the other tests would find what is wrong with the table."""
    answer = await scene.ask(CALLS[name])
    assert answer.status_code == CALLS[name].status, answer.text


@pytest.mark.parametrize(("name", "changes", "pointer", "rule"), INVALID)
async def test_a_field_that_breaks_a_rule(scene: Scene, name: str, changes: Json, pointer: str, rule: str) -> None:
    answer = await scene.ask(CALLS[name], changes)
    problem = the_problem(answer, 422)
    found = [each["detail"] for each in problem["errors"] if each["pointer"] == pointer]
    assert any(rule in each for each in found), answer.text
    assert rule in problem["detail"]


@pytest.mark.parametrize(("name", "path", "changes", "status", "slug"), REFUSED)
async def test_a_thing_that_is_not_there_or_not_theirs(
    scene: Scene, name: str, path: str, changes: Json, status: int, slug: str
) -> None:
    assert the_problem(await scene.ask(CALLS[name], changes, path=path), status)["type"] == f"/problems/{slug}"


@pytest.mark.parametrize("name", WITH_A_KEY)
async def test_a_key_that_is_missing(scene: Scene, name: str) -> None:
    (error,) = the_problem(await scene.ask(CALLS[name], headers={}), 422)["errors"]
    assert (error["pointer"], error["detail"]) == ("header/Idempotency-Key", "is required")


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff"])
@pytest.mark.parametrize("name", WITH_A_BODY)
async def test_a_body_that_is_no_object(scene: Scene, name: str, content: bytes) -> None:
    call = CALLS[name]
    answer = await scene.ask(call, json=None, content=content, headers={**call.headers, **JSON})
    assert the_problem(answer, 422)["errors"], answer.text


@pytest.mark.parametrize("name", [name for name in WITH_A_BODY if name != "import"])  # which is a file
async def test_malformed_json_is_named_with_line_and_column(scene: Scene, name: str) -> None:
    call = CALLS[name]
    answer = await scene.ask(call, json=None, content=b'{"a": 1,\n "b" 2}', headers={**call.headers, **JSON})
    (error,) = the_problem(answer, 422)["errors"]
    assert error == {"pointer": "/", "detail": "is no JSON: line 2, column 6: here a colon is missing"}


@pytest.mark.parametrize("name", [name for name in WITH_A_BODY if name != "import"])
async def test_a_field_that_is_named_twice_or_nested_endlessly(scene: Scene, name: str) -> None:
    call = CALLS[name]
    for content, error in (
        (b'{"a": 1, "a": 2}', {"pointer": "/a", "detail": "is named more than once"}),
        (b'{"a":' * 100_000, {"pointer": "/", "detail": "is nested too deeply"}),
    ):
        answer = await scene.ask(call, json=None, content=content, headers={**call.headers, **JSON})
        assert the_problem(answer, 422)["errors"] == [error]


@pytest.mark.parametrize("content", [b"", b"null"])
@pytest.mark.parametrize("name", [name for name in WITH_A_BODY if name != "cancel"])  # which needs no reason
async def test_a_body_that_is_missing(scene: Scene, name: str, content: bytes) -> None:
    call = CALLS[name]
    answer = await scene.ask(call, json=None, content=content, headers={**call.headers, **JSON})
    assert the_problem(answer, 422)["errors"], answer.text


@pytest.mark.parametrize("name", WITH_A_BODY)
async def test_a_body_that_is_too_large(scene: Scene, name: str) -> None:
    call = CALLS[name]
    size = 21 * MIB if name == "import" else 2 * MIB
    answer = await scene.ask(call, json=None, content=b" " * size, headers={**call.headers, **JSON})
    assert "body" in the_problem(answer, 413)["detail"]


def the_problem(answer: httpx.Response, status: int) -> Json:
    """The answer's problem, in the shape that all of them have."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    problem = answer.json()
    assert problem.keys() >= {"type", "title", "status", "detail", "instance", "request_id"}
    assert (problem["status"], problem["request_id"]) == (status, answer.headers["x-request-id"])
    return problem
