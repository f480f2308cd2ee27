"""`Problem` is described with what each of its types carries besides, as the services really answer it."""

import json
from typing import Any

import jsonschema
import pytest
from fastapi import FastAPI, Request
from tests.documents.applications import APPLICATIONS
from tests.documents.reading import Json, operation, schema

from parking_kernel.money import Money
from payment_service.domain.errors import RefundExceedsPayment
from reservation_service.domain.errors import PriceChanged

CARRIED = {
    "InvalidRequestProblem": {"errors"},
    "IdempotencyKeyReusedProblem": {"errors"},
    "UnacceptablePasswordProblem": {"errors"},
    "InvalidTokenRequestProblem": {"error", "error_description", "errors"},
    "InvalidGrantProblem": {"error", "error_description"},
    "UnsupportedGrantTypeProblem": {"error", "error_description"},
    "InvalidMailTokenProblem": {"resend"},
    "ImpossibleReadingsProblem": {"errors"},
    "BookingsAffectedProblem": {"count", "first", "as_of"},
    "SupplyChangeRunningProblem": {"supply_change_id", "affected"},
    "SpotUnavailableProblem": {"alternatives"},
    "NoSuchSpotsProblem": {"alternatives"},
    "PriceChangedProblem": {"total_cost"},
    "RefundExceedsPaymentProblem": {"refundable"},
}


def test_each_problem_type_that_carries_more_members_names_them(documents: dict[str, Json]) -> None:
    named = {
        name: set(each["allOf"][1]["properties"]) - {"type"}
        for document in documents.values()
        for name, each in document["components"]["schemas"].items()
        if name.endswith("Problem") and name != "Problem"
    }
    assert named == CARRIED
    for name in CARRIED:
        own = schema(documents, name)["allOf"][1]
        for member, described in own["properties"].items():
            assert member == "type" or described.get("description") or "$ref" in described, f"{name}: {member}"


def test_an_error_of_a_request_says_where_and_which_rule(documents: dict[str, Json]) -> None:
    properties = schema(documents, "FieldError")["properties"]
    assert "JSON pointer" in properties["pointer"]["description"]
    assert "rule" in properties["detail"]["description"]


def test_every_member_of_a_problem_is_described(documents: dict[str, Json]) -> None:
    problem = schema(documents, "Problem")
    assert problem["properties"].keys() == {"type", "title", "status", "detail", "instance", "request_id"}
    assert all(each["description"] for each in problem["properties"].values())


async def answered(app: FastAPI, error: Exception) -> Json:
    """What a client of this application reads when this is raised."""
    request = Request({"type": "http", "method": "POST", "path": "/x", "query_string": b"", "headers": [], "app": app})
    handle: Any = app.exception_handlers[type(error)]
    answer = await handle(request, error)
    return json.loads(answer.body)


@pytest.mark.parametrize(
    ("service", "error", "called"),
    [
        ("payment", RefundExceedsPayment(Money(250, "EUR")), "RefundExceedsPaymentProblem"),
        ("reservation", PriceChanged(Money(700, "EUR")), "PriceChangedProblem"),
    ],
)
async def test_what_is_answered_is_what_its_schema_says(
    documents: dict[str, Json], service: str, error: Exception, called: str
) -> None:
    body = await answered(APPLICATIONS[service](), error)
    rule = {**documents[service], "$ref": f"#/components/schemas/{called}"}
    jsonschema.Draft202012Validator(rule).validate(body | {"request_id": "x"})
    without = {name: value for name, value in body.items() if name not in CARRIED[called]}
    with pytest.raises(jsonschema.ValidationError, match="is a required property"):
        jsonschema.Draft202012Validator(rule).validate(without | {"request_id": "x"})


def test_a_clash_of_bookings_names_its_alternatives(documents: dict[str, Json]) -> None:
    refusal = operation(documents, "POST /api/v1/reservations")["responses"]["409"]
    shapes = [
        each["$ref"].rpartition("/")[2] for each in refusal["content"]["application/problem+json"]["schema"]["anyOf"]
    ]
    assert {"SpotUnavailableProblem", "NoSuchSpotsProblem", "PriceChangedProblem"} <= set(shapes)
    assert shapes[-1] == "Problem", "what carries no more, such as `quote-expired`"
    offered = schema(documents, "AlternativeView")["properties"]
    assert {"parking_lot_id", "spot_number", "spot_type", "start_time", "total_cost", "as_of"} <= offered.keys()
