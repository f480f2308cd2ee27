"""Unknown query parameters are refused by name, whatever way the known ones are written down."""

from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Query
from pydantic import BaseModel, Field

from parking_chassis.access_tokens import AccessTokenVerifier, SharedSecret
from parking_chassis.app import create_app
from parking_chassis.pagination import Cursor


class Wanted(BaseModel):
    radius: int = 5
    bbox: Annotated[str | None, Field(alias="box")] = None


async def after(cursor: Cursor = None) -> str | None:
    return cursor


def application() -> FastAPI:
    router = APIRouter()

    @router.get("/lots")
    async def search(wanted: Annotated[Wanted, Query()]) -> int:
        return wanted.radius

    @router.get("/lots/{lot_id}")
    async def get_lot(
        lot_id: str, after: Annotated[str | None, Depends(after)], since: Annotated[str, Query(alias="from")] = ""
    ) -> str:
        return f"{lot_id}{after}{since}"

    @router.delete("/lots/{lot_id}")
    async def retire(lot_id: str) -> str:
        return lot_id

    secret = SharedSecret("s" * 32)
    verifier = AccessTokenVerifier(secret, issuer="https://x", audience="parking", algorithms=["HS256"])
    return create_app("lots", "Lots.", routers=[router], problems={}, readiness={}, token_verifier=verifier)


async def answer_to(method: str, path: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application()), base_url="http://lots") as client:
        return await client.request(method, path)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/lots?radius=7&box=1"),
        ("GET", "/lots"),
        ("GET", "/lots/1?cursor=a&from=b"),
        ("DELETE", "/lots/1"),
        ("GET", "/healthz?from=somebody"),
    ],
)
async def test_what_a_request_has_is_taken(method: str, path: str) -> None:
    assert (await answer_to(method, path)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "unknown"),
    [
        ("GET", "/lots?radius=7&colour=red", ["colour"]),
        ("GET", "/lots?bbox=1", ["bbox"]),
        ("GET", "/lots/1?since=b&after=c&lot_id=2", ["after", "lot_id", "since"]),
        ("DELETE", "/lots/1?force", ["force"]),
        ("DELETE", "/lots/1?force=&force=1", ["force"]),
    ],
)
async def test_what_it_has_not_is_refused_by_name(method: str, path: str, unknown: list[str]) -> None:
    answer = await answer_to(method, path)
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == [f"query/{name}" for name in unknown]


async def test_a_trailing_slash_is_no_redirect() -> None:
    answer = await answer_to("GET", "/lots/")
    assert (answer.status_code, "location" in answer.headers) == (404, False)
