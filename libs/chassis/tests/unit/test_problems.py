"""Every error has one shape, and names the field and the rule."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

import asyncpg
import httpx
import pytest
import pytest_asyncio
from fastapi import APIRouter, FastAPI, Query
from pydantic import AwareDatetime, Field
from sqlalchemy.exc import DBAPIError, OperationalError

from parking_chassis.problems import ProblemKind, install_problem_handlers
from parking_chassis.request_context import RequestContext
from parking_chassis.schemas import Line, Lines, RequestBody


class SpotTaken(Exception):
    """An error of some domain."""


class FailedStatement(Exception):
    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


class Stay(RequestBody):
    start_time: AwareDatetime
    wheels: Annotated[int, Field(ge=1)]
    plate: str = ""
    reason: Line = ""
    notes: Lines = ""
    width: float = 1.0


AWAY = {
    "refuses": OperationalError("SELECT 1", {}, Exception("connection refused")),
    "starts": asyncpg.CannotConnectNowError("the database system is starting up"),
    "is full": asyncpg.TooManyConnectionsError("sorry, too many clients already"),
    "shuts down in a statement": DBAPIError("SELECT 1", {}, FailedStatement("57P01")),
    "is lost in a statement": DBAPIError("SELECT 1", {}, FailedStatement("08003")),
    "is lost as SQLAlchemy noticed": DBAPIError("SELECT 1", {}, Exception(), connection_invalidated=True),
    "found a deadlock": DBAPIError("SELECT 1", {}, FailedStatement("40P01")),
    "could not serialize": asyncpg.SerializationError("could not serialize access due to concurrent update"),
    "ends": asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress"),
}


def application() -> FastAPI:
    router = APIRouter()

    @router.post("/stays")
    async def create_stay(body: Stay) -> datetime:
        return body.start_time

    @router.get("/lots")
    async def list_lots(radius_m: Annotated[int, Query(ge=1)]) -> int:
        return radius_m

    @router.get("/taken")
    async def taken() -> None:
        raise SpotTaken("Spot 7 is taken.")

    @router.get("/broken")
    async def broken() -> None:
        raise RuntimeError("a secret of the code")

    @router.get("/nul")
    async def nul() -> None:
        raise DBAPIError("SELECT :name", {"name": "a"}, FailedStatement("22021"))

    @router.get("/constraint")
    async def constraint() -> None:
        raise DBAPIError("SELECT :name", {"name": "a"}, FailedStatement("23514"))

    @router.get("/database-away/{how}")
    async def database_away(how: str) -> None:
        raise AWAY[how]

    app = FastAPI()
    app.include_router(router)
    install_problem_handlers(app, {SpotTaken: ProblemKind("spot-unavailable", "The spot is taken", 409)})
    app.add_middleware(RequestContext)
    return app


@pytest_asyncio.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(application(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        yield client


async def test_a_domain_error_is_a_problem_of_its_kind(client: httpx.AsyncClient) -> None:
    answer = await client.get("/taken", headers={"X-Request-ID": "request-7"})
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] == "request-7"
    assert answer.json() == {
        "type": "/problems/spot-unavailable",
        "title": "The spot is taken",
        "status": 409,
        "detail": "Spot 7 is taken.",
        "instance": "/taken",
        "request_id": "request-7",
    }


@pytest.mark.parametrize(
    ("body", "pointer", "rule"),
    [
        ({"start_time": "2026-01-01T10:00:00", "wheels": 4}, "/start_time", "timezone"),
        ({"start_time": "2026-01-01T10:00:00Z", "wheels": 0}, "/wheels", "must be at least 1"),
        ({"start_time": "2026-01-01T10:00:00Z", "wheels": "many"}, "/wheels", "whole number"),
        (
            {"start_time": "2026-01-01T10:00:00Z", "wheels": 4, "colour": "red"},
            "/colour",
            "is no field of this request",
        ),
        ({"wheels": 4}, "/start_time", "required"),
        ({"start_time": "2026-01-01T10:00:00Z", "wheels": 4, "plate": "ZH\0 1"}, "/plate", "must not contain the NUL"),
        ({"start_time": "2026-01-01T10:00:00Z", "wheels": 4, "reason": "a\r\nBcc: b"}, "/reason", "must be one line"),
        ({"start_time": "2026-01-01T10:00:00Z", "wheels": 4, "reason": "a\x1b[2J"}, "/reason", "must be one line"),
        ({"start_time": "2026-01-01T10:00:00Z", "wheels": 4, "reason": "a\x85b"}, "/reason", "must be one line"),
        ({"start_time": "2026-01-01T10:00:00Z", "wheels": 4, "reason": "a\u2028b"}, "/reason", "must be one line"),
        (
            {"start_time": "2026-01-01T10:00:00Z", "wheels": 4, "notes": "a\x07"},
            "/notes",
            "must not contain control characters",
        ),
    ],
)
async def test_bad_input_names_the_field_and_the_rule(
    client: httpx.AsyncClient, body: dict[str, object], pointer: str, rule: str
) -> None:
    answer = await client.post("/stays", json=body)
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/invalid-request"
    (error,) = answer.json()["errors"]
    assert error["pointer"] == pointer
    assert rule in error["detail"]
    assert not error["detail"].startswith("Value error")  # pydantic's own words


async def test_text_of_any_script_is_a_line_and_a_longer_one_may_have_several(client: httpx.AsyncClient) -> None:
    stay = {
        "start_time": "2026-01-01T10:00:00Z",
        "wheels": 4,
        "reason": " Žluťoučký \u0645\u0648\u0642\u0641 \U0001f697 ",
        "notes": "a\r\n\tb",
    }
    assert (await client.post("/stays", json=stay)).status_code == 200


@pytest.mark.parametrize("width", ["NaN", "Infinity", "1e999"])
async def test_what_no_json_has_is_no_number(client: httpx.AsyncClient, width: str) -> None:
    body = f'{{"start_time": "2026-01-01T10:00:00Z", "wheels": 4, "width": {width}}}'
    answer = await client.post("/stays", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/width"


async def test_a_query_parameter_is_named_as_one(client: httpx.AsyncClient) -> None:
    answer = await client.get("/lots", params={"radius_m": -5})
    assert answer.json()["errors"][0]["pointer"] == "query/radius_m"


async def test_what_is_no_json_is_said_to_be_none(client: httpx.AsyncClient) -> None:
    answer = await client.post("/stays", content=b"{", headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert "JSON" in answer.json()["detail"]


async def test_an_unknown_path_is_a_problem_too(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nowhere")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")


@pytest.mark.parametrize("how", AWAY)
async def test_a_dependency_that_is_away_is_503_with_retry_after(client: httpx.AsyncClient, how: str) -> None:
    answer = await client.get(f"/database-away/{how}")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert "SELECT" not in answer.text


async def test_an_error_of_ours_shows_nothing_of_the_code(client: httpx.AsyncClient) -> None:
    answer = await client.get("/broken")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


async def test_text_that_the_database_cannot_keep_is_the_clients_mistake(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nul")
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request")


async def test_another_refusal_of_the_database_is_ours(client: httpx.AsyncClient) -> None:
    assert (await client.get("/constraint")).status_code == 500


@pytest.mark.parametrize("sent", ["", "with blank", "x" * 65, "a\u00e9"])
async def test_a_strange_request_id_is_replaced(client: httpx.AsyncClient, sent: str) -> None:
    answer = await client.get("/nowhere", headers={b"X-Request-ID": sent.encode("latin-1")})
    assert answer.headers["x-request-id"] not in {"", sent}
