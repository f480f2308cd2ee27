"""The checks see what is wrong: an application with a fault of each kind, and one operation without."""

from typing import Annotated

import pytest
import schemathesis
from fastapi import APIRouter, FastAPI, Query
from fastapi.responses import JSONResponse
from pydantic import Field
from tests.fuzz import report
from tests.fuzz.campaign import Effort, Outcome, configuration, outcome_of

from parking_chassis.access_tokens import AccessTokenVerifier, SharedSecret
from parking_chassis.app import create_app
from parking_chassis.problems import INTERNAL, MEDIA_TYPE, NOT_FOUND, Problem
from parking_chassis.schemas import RequestBody, ResponseBody

EFFORT = Effort(cases=30, seed=1, borders=True)
Cups = Annotated[int, Query(ge=1, le=4)]


class Pot(RequestBody):
    cups: Annotated[int, Field(strict=True, ge=1, le=4)]


class Tea(ResponseBody):
    cups: int


def wrong() -> FastAPI:
    router = APIRouter()

    @router.post("/sound")
    async def sound(pot: Pot) -> Tea:
        return Tea(cups=pot.cups)

    @router.get("/breaks")
    async def breaks(cups: Cups) -> Tea:
        if cups == 4:
            raise Problem(INTERNAL, "Spilt.")
        return Tea(cups=cups)

    @router.get("/teapot", response_model=Tea)
    async def teapot(cups: Cups) -> JSONResponse:
        problem = {"type": "/problems/teapot", "title": "Short and stout", "status": 418, "detail": "No coffee."}
        members = {**problem, "instance": "/teapot", "request_id": "1"}
        return JSONResponse(members, 418, media_type=MEDIA_TYPE) if cups == 3 else JSONResponse({"cups": cups})

    @router.get("/pours-words", response_model=Tea)
    async def pours_words(cups: Cups) -> JSONResponse:
        return JSONResponse({"cups": "four" if cups == 4 else cups})

    @router.get("/unclear", response_model=Tea)
    async def unclear(cups: Cups) -> JSONResponse:
        return JSONResponse({"detail": "no"}, 422) if cups == 2 else JSONResponse({"cups": cups})

    @router.get("/never")
    async def never(cups: Cups) -> Tea:
        raise Problem(NOT_FOUND, f"No {cups} cups.")

    verifier = AccessTokenVerifier(SharedSecret("s" * 32), issuer="x", audience="x", algorithms=["HS256"])
    return create_app("tea", "Tea.", routers=[router], problems={}, readiness={}, token_verifier=verifier)


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    schema = schemathesis.openapi.from_asgi("/openapi.json", wrong(), config=configuration(EFFORT))
    return outcome_of(schema, "guest")


@pytest.mark.parametrize(
    ("operation", "check"),
    [
        ("GET /breaks", "not_a_server_error"),
        ("GET /breaks", "status_code_conformance"),
        ("GET /teapot", "status_code_conformance"),
        ("GET /pours-words", "response_schema_conformance"),
        ("GET /unclear", "content_type_conformance"),
        ("GET /unclear", "clear_problem"),
        ("GET /never", "status_code_conformance"),
    ],
)
def test_a_fault_is_reported_with_a_request_that_shows_it(outcome: Outcome, operation: str, check: str) -> None:
    found = [each for each in outcome.faults.values() if (each.operation, each.check) == (operation, check)]
    assert found
    assert all(each.curl.startswith("curl ") and operation.split("/")[1] in each.curl for each in found)
    assert found[0].curl in "\n".join(report.lines({"tea": outcome}))


def test_what_is_sound_is_not_reported(outcome: Outcome) -> None:
    assert [each for each in outcome.faults.values() if each.operation == "POST /sound"] == []


def test_what_never_succeeds_is_reported(outcome: Outcome) -> None:
    assert report.unreached(outcome) == ["GET /never"]
    assert "1 operations never succeeded: GET /never" in "\n".join(report.lines({"tea": outcome}))
