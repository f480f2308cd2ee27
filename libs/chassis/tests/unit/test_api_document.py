"""What every service's application does alike: its document names its problems, and it refuses what none can serve."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from fastapi import APIRouter, Depends, FastAPI
from pydantic import BaseModel

from parking_chassis.access_tokens import AccessTokenVerifier, SharedSecret
from parking_chassis.api_document import carries, may_answer
from parking_chassis.app import create_app
from parking_chassis.idempotency import OptionalIdempotencyKey
from parking_chassis.pagination import Cursor
from parking_chassis.problems import NOT_FOUND, ProblemKind
from parking_chassis.schemas import RequestBody
from parking_chassis.security import SignedIn, permitted

SPOT_TAKEN = ProblemKind("spot-taken", "The spot is taken", 409)
LOT_SHUT = ProblemKind("lot-shut", "The lot is shut", 409, {"Retry-After": "1"})


class FreeSpot(BaseModel):
    spot_number: str


class FreeSpots(BaseModel):
    alternatives: list[FreeSpot]


LOT_FULL = ProblemKind("lot-full", "The lot is full", 409, members=FreeSpots)


class Stay(RequestBody):
    plate: str


def application() -> FastAPI:
    router = APIRouter(prefix="/lots")

    @router.get("")
    async def list_lots(amenities: str = "") -> str:
        return amenities

    @router.post("/import")
    async def start_import() -> None: ...

    @router.get("/{lot_id}")
    @may_answer(NOT_FOUND)
    async def get_lot(lot_id: str) -> str:
        return lot_id

    @router.post("/{lot_id}", dependencies=[Depends(permitted("write:parking"))])
    @may_answer(NOT_FOUND, SPOT_TAKEN, LOT_SHUT)
    async def book(lot_id: UUID, body: Stay) -> None:
        del lot_id, body

    @router.post("/{lot_id}/stays", status_code=201, responses={202: {"description": "Later"}})
    @may_answer(SPOT_TAKEN, LOT_FULL)
    @carries("ETag")
    async def stay(lot_id: str, key: OptionalIdempotencyKey = None, cursor: Cursor = None) -> str:
        return f"{lot_id} {key} {cursor}"

    @router.post("/{lot_id}/watch")
    async def watch(principal: SignedIn) -> None:
        del principal

    verifier = AccessTokenVerifier(SharedSecret("s" * 32), issuer="https://x", audience="parking", algorithms=["HS256"])
    return create_app("lots", "Lots.", routers=[router], problems={}, readiness={}, token_verifier=verifier)


@pytest.fixture
def operations() -> dict[str, Any]:
    paths = application().openapi()["paths"]
    return {f"{method} {path}": operation for path, item in paths.items() for method, operation in item.items()}


@pytest_asyncio.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(application(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        yield client


@pytest.mark.parametrize(
    ("operation", "statuses"),
    [
        ("get /lots", {"200", "422", "503", "default"}),
        ("get /lots/{lot_id}", {"200", "404", "422", "503", "default"}),
        ("post /lots/{lot_id}", {"200", "401", "403", "404", "409", "415", "422", "503", "default"}),
        ("post /lots/{lot_id}/watch", {"200", "401", "422", "503", "default"}),
    ],
)
def test_an_operation_names_the_problems_it_may_answer_with(
    operations: dict[str, Any], operation: str, statuses: set[str]
) -> None:
    assert operations[operation]["responses"].keys() == statuses


def test_problems_of_one_status_are_named_together(operations: dict[str, Any]) -> None:
    response = operations["post /lots/{lot_id}"]["responses"]["409"]
    assert response["description"] == "The spot is taken (`spot-taken`); The lot is shut (`lot-shut`)"
    assert response["headers"].keys() == {"Retry-After"}
    assert response["content"] == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def test_a_kind_of_problem_names_the_members_that_it_carries(operations: dict[str, Any]) -> None:
    schemas = application().openapi()["components"]["schemas"]
    content = operations["post /lots/{lot_id}/stays"]["responses"]["409"]["content"]["application/problem+json"]
    shapes = [each["$ref"] for each in content["schema"]["anyOf"]]
    assert shapes == ["#/components/schemas/LotFullProblem", "#/components/schemas/Problem"]
    base, own = schemas["LotFullProblem"]["allOf"]
    assert base == {"$ref": "#/components/schemas/Problem"}
    assert own["properties"]["type"] == {"const": "/problems/lot-full"}
    assert own["properties"]["alternatives"]["items"] == {"$ref": "#/components/schemas/FreeSpot"}
    assert set(own["required"]) == {"type", "alternatives"}
    assert schemas["FreeSpot"]["properties"].keys() == {"spot_number"}


def test_an_answer_names_the_headers_that_it_carries(operations: dict[str, Any]) -> None:
    answers = operations["post /lots/{lot_id}/stays"]["responses"]
    assert answers["201"]["headers"].keys() == {"ETag", "Idempotent-Replayed", "Link"}
    assert answers["202"]["headers"].keys() == {"Idempotent-Replayed"}
    assert all(header["description"] for header in answers["201"]["headers"].values())
    assert "headers" not in operations["get /lots"]["responses"]["200"]


def test_the_document_is_made_once() -> None:
    app = application()
    assert app.openapi() is app.openapi()
    assert "Problem" in app.openapi()["components"]["schemas"]


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("/lots?amenities=a%00b", "query/amenities"),
        ("/lots?amenities=&strange=%00", "query/strange"),
        ("/lots/a%00b", "path/lot_id"),
    ],
)
async def test_a_nul_is_refused_wherever_it_stands(client: httpx.AsyncClient, path: str, pointer: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["errors"] == [{"pointer": pointer, "detail": "must not contain the NUL character"}]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("OPTIONS", "/lots/7", "GET, POST"),
        ("DELETE", "/lots", "GET"),
        ("PUT", "/lots/7/watch", "POST"),
        ("PUT", "/lots/import", "POST"),
    ],
)
async def test_a_method_that_is_not_allowed_is_answered_with_all_that_are(
    client: httpx.AsyncClient, method: str, path: str, allowed: str
) -> None:
    """RFC 9110, 15.5.6; Starlette alone would name those of the first route with this path."""
    answer = await client.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert answer.json()["detail"] == f"{method} {path}: Method Not Allowed; there is {allowed}"
