"""Requests are distinguished by what was given, who sent them, and where."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, Response

from parking_chassis.access_tokens import AccessTokenVerifier, Principal, SharedSecret
from parking_chassis.app import create_app
from parking_chassis.idempotency import KeyOf, fingerprint_of, response_of
from parking_chassis.schemas import RequestBody
from parking_chassis.security import current_principal
from parking_kernel.repeatable import Answer, RequestKey


class Request(RequestBody):
    spot: str


class RequestOfALaterVersion(Request):
    colour: str | None = None


def test_a_field_that_was_added_later_makes_no_other_request() -> None:
    assert fingerprint_of(RequestOfALaterVersion(spot="A1")) == fingerprint_of(Request(spot="A1"))


def test_what_is_given_counts() -> None:
    given = RequestOfALaterVersion(spot="A1", colour="red")
    assert len({fingerprint_of(each) for each in (Request(spot="A1"), Request(spot="A2"), given)}) == 3


class Lots:
    """An application that makes lots, and notes the keys of its requests."""

    def __init__(self) -> None:
        self.keys: list[RequestKey | None] = []
        router = APIRouter()

        @router.post("/lots/{name}", status_code=201)
        async def create(name: str, key_of: KeyOf) -> Response:
            self.keys.append(key_of(b"fingerprint"))
            answer = Answer(201, b'{"name": "A"}', replayed=len(self.keys) > 1)
            return response_of(answer, {"Location": f"/lots/{name}"})

        secret = SharedSecret("s" * 32)
        verifier = AccessTokenVerifier(secret, issuer="https://x", audience="parking", algorithms=["HS256"])
        self.app = create_app("lots", "Lots.", routers=[router], problems={}, readiness={}, token_verifier=verifier)

    async def create(self, subject: str, name: str, **headers: str) -> httpx.Response:
        self.app.dependency_overrides[current_principal] = signed_in(subject)
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://lots") as client:
            return await client.post(f"/lots/{name}", headers=headers)


def signed_in(subject: str) -> Callable[[], Principal]:
    def principal() -> Principal:
        return Principal(subject, "client", None, frozenset(), frozenset(), 0.0)

    return principal


async def test_a_key_is_of_its_sender_and_its_route_and_may_be_left_out() -> None:
    lots = Lots()
    sent = {"Idempotency-Key": "1"}
    await lots.create("a machine client", "A", **sent)
    await lots.create("a machine client", "B", **sent)
    await lots.create("another one", "A", **sent)
    await lots.create("another one", "A")
    assert lots.keys == [
        RequestKey("a machine client:POST /lots/A", "1", b"fingerprint"),
        RequestKey("a machine client:POST /lots/B", "1", b"fingerprint"),
        RequestKey("another one:POST /lots/A", "1", b"fingerprint"),
        None,
    ]


async def test_an_answer_says_that_it_was_given_before() -> None:
    lots = Lots()
    first, again = [await lots.create("someone", "A") for _ in range(2)]
    for answer in (first, again):
        assert (answer.status_code, answer.content) == (201, b'{"name": "A"}')
        assert (answer.headers["location"], answer.headers["content-type"]) == ("/lots/A", "application/json")
    assert [answer.headers.get("idempotent-replayed") for answer in (first, again)] == [None, "true"]


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
async def test_a_key_that_is_none_is_refused(key: str) -> None:
    answer = await Lots().create("someone", "A", **{"Idempotency-Key": key})
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == ["header/Idempotency-Key"]


def test_the_document_names_the_key_and_what_may_be_wrong_with_it() -> None:
    operation: dict[str, Any] = Lots().app.openapi()["paths"]["/lots/{name}"]["post"]
    (key,) = [each for each in operation["parameters"] if each["in"] == "header"]
    assert (key["name"], key["required"]) == ("Idempotency-Key", False)
    assert "The same request is being worked on" in operation["responses"]["409"]["description"]
    assert "The idempotency key was used for another request" in operation["responses"]["422"]["description"]
