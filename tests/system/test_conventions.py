"""What holds for every operation of every service, as their own documents and answers have it."""

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest_asyncio

from parking_chassis.schemas import LINES, ONE_LINE
from parking_demo.people import Administrator, Json
from parking_platform.testing.platform import RunningPlatform

SERVICES = ("auth", "parking", "reservation", "payment", "notification", "analytics")
PARAMETER = re.compile(r"\{[^}]+\}")
SECRETS = {"token", "charge_token", "username", "password", "refresh_token", "grant_type", "client_secret"}
"""No text that a person reads: they are compared with what was given out, or hashed."""


@pytest_asyncio.fixture
async def services(platform: RunningPlatform) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    """Each service itself."""
    clients = {
        name: httpx.AsyncClient(base_url=platform.address(name), trust_env=False, timeout=60) for name in SERVICES
    }
    yield clients
    for client in clients.values():
        await client.aclose()


@pytest_asyncio.fixture
async def documents(services: dict[str, httpx.AsyncClient]) -> dict[str, Json]:
    """What each service says of itself."""
    return {name: (await client.get("/openapi.json")).json() for name, client in services.items()}


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Method, path and operation."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def resolved(document: Json, schema: Any) -> Any:
    """A schema without references."""
    if isinstance(schema, dict):
        if reference := schema.get("$ref"):
            return resolved(document, document["components"]["schemas"][reference.rpartition("/")[2]])
        return {name: resolved(document, part) for name, part in schema.items()}
    return [resolved(document, part) for part in schema] if isinstance(schema, list) else schema


def bodies(document: Json) -> Iterator[tuple[str, Json]]:
    """The schema of each request's body, by its operation."""
    for method, path, operation in operations(document):
        for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
            if media_type == "application/json":
                yield f"{method} {path}", resolved(document, content["schema"])


def texts(schema: Json, name: str = "") -> Iterator[tuple[str, Json]]:
    """The fields of a body that take a text of the client's own."""
    if schema.get("type") == "string" and not schema.keys() & {"enum", "const", "format"}:
        yield name, schema
    for field, part in schema.get("properties", {}).items():
        yield from texts(part, field)
    for each in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from texts(each, name)
    for each in (schema.get("items"), schema.get("additionalProperties"), *schema.get("prefixItems", ())):
        if isinstance(each, dict):
            yield from texts(each, name)


async def test_no_free_text_of_a_request_may_hold_control_characters(documents: dict[str, Json]) -> None:
    found = [
        (operation, name, schema)
        for document in documents.values()
        for operation, body in bodies(document)
        for name, schema in texts(body)
        if name not in SECRETS and "webhooks" not in operation
    ]
    lacking = [(operation, name) for operation, name, schema in found if "pattern" not in schema]
    assert lacking == []
    kinds = {(operation, name): schema["pattern"] for operation, name, schema in found}
    assert kinds["POST /api/v1/parking-lots", "name"] == ONE_LINE
    assert kinds["POST /api/v1/parking-lots", "address"] == ONE_LINE
    assert kinds["POST /api/v1/parking-lots", "description"] == LINES
    assert kinds["POST /api/v1/parking-lots/{lot_id}/spots", "spot_number"] == ONE_LINE
    assert kinds["POST /api/v1/organizations", "name"] == ONE_LINE
    assert kinds["POST /api/v1/auth/register", "full_name"] == ONE_LINE
    assert kinds["POST /api/v1/payments/{payment_id}/refunds", "reason"] == ONE_LINE
    assert kinds["POST /api/v1/reservations/{reservation_id}/cancel", "reason"] == ONE_LINE
    assert kinds["POST /api/v1/reservations/{reservation_id}/operator-cancel", "reason"] == ONE_LINE


async def test_every_component_has_a_name_that_openapi_allows(documents: dict[str, Json]) -> None:
    """Generators of clients refuse others. The rule is OpenAPI's, for the keys of its Components Object."""
    names = [
        name
        for document in documents.values()
        for kind in ("schemas", "securitySchemes", "responses", "parameters", "headers")
        for name in document["components"].get(kind, {})
    ]
    assert [name for name in names if not re.fullmatch(r"[a-zA-Z0-9._-]+", name)] == []
    assert {"access_token", "Problem"} <= set(names)


async def test_no_patch_has_defaults(documents: dict[str, Json]) -> None:
    """A reader of the document that fills them in would change what nobody meant to change."""
    patches = {
        operation: body
        for document in documents.values()
        for operation, body in bodies(document)
        if operation.startswith("PATCH ")
    }
    assert {"PATCH /api/v1/parking-lots/{lot_id}", "PATCH /api/v1/spots/{spot_id}"} <= patches.keys()
    for operation, body in patches.items():
        assert body["properties"], operation
        assert [*defaults(body)] == [], operation


def defaults(schema: Any, where: str = "") -> Iterator[str]:
    """Where a body shows a default, at any depth."""
    if isinstance(schema, dict):
        if "default" in schema and where.rpartition("/")[2] != "properties":
            yield where
        for name, part in schema.items():
            if name not in {"default", "examples", "example", "enum", "const"}:
                yield from defaults(part, f"{where}/{name}")
    elif isinstance(schema, list):
        for index, part in enumerate(schema):
            yield from defaults(part, f"{where}/{index}")


def coordinates(schema: Json) -> Iterator[Json]:
    """The latitudes and longitudes of a body."""
    for name, part in schema.get("properties", {}).items():
        if name in {"latitude", "longitude"}:
            yield part
        yield from coordinates(part)
    for each in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from coordinates(each)
    if isinstance(schema.get("items"), dict):
        yield from coordinates(schema["items"])


async def test_no_reader_of_a_document_fills_in_a_place_in_the_gulf_of_guinea(documents: dict[str, Json]) -> None:
    """It fills in an example, or 0 where there is none: and a lot is moved where nobody wanted it."""
    found = {
        operation: list(coordinates(body)) for document in documents.values() for operation, body in bodies(document)
    }
    assert {"POST /api/v1/parking-lots", "PATCH /api/v1/parking-lots/{lot_id}"} <= {
        operation for operation, places in found.items() if places
    }
    for operation, places in found.items():
        for each in places:
            assert each.get("default") is None, operation
            assert all(each["examples"]), operation


async def test_each_body_of_json_has_its_415_and_answers_with_it(
    services: dict[str, httpx.AsyncClient], documents: dict[str, Json], administrator: Administrator
) -> None:
    asked = 0
    for service, document in documents.items():
        for method, path, operation in operations(document):
            if list(operation.get("requestBody", {}).get("content", {})) != ["application/json"]:
                continue
            if "webhooks" in path or "internal" in path:
                continue
            asked += 1
            assert "415" in operation["responses"], path
            answer = await services[service].request(
                method,
                PARAMETER.sub("01890000-0000-7000-8000-000000000000", path),
                content="<a/>",
                headers={**administrator.authorization, "Content-Type": "application/xml"},
            )
            assert (answer.status_code, answer.headers["content-type"]) == (415, "application/problem+json"), path
            assert (answer.headers["accept"], "application/json" in answer.json()["detail"]) == (
                "application/json",
                True,
            )
    assert asked > 15


def requests(documents: dict[str, Json]) -> Iterator[tuple[str, str, str]]:
    """Service, method and a path of each operation, with an id that nothing has."""
    for service, document in documents.items():
        for method, path, _ in operations(document):
            if "/api/v1/" in path:
                yield service, method, PARAMETER.sub("01890000-0000-7000-8000-000000000000", path)


async def test_an_unknown_query_parameter_is_refused_by_name_everywhere(
    services: dict[str, httpx.AsyncClient], documents: dict[str, Json], administrator: Administrator
) -> None:
    asked = list(requests(documents))
    assert len({service for service, _, _ in asked}) == len(SERVICES)
    for service, method, path in asked:
        answer = await services[service].request(
            method, path, params={"colour": "red"}, headers=administrator.authorization
        )
        assert answer.status_code == 422, (method, path, answer.text)
        pointers = [each["pointer"] for each in answer.json()["errors"]]
        assert "query/colour" in pointers, (method, path)


async def test_what_answers_a_person_is_stored_nowhere(
    services: dict[str, httpx.AsyncClient], documents: dict[str, Json], administrator: Administrator
) -> None:
    reads = [each for each in requests(documents) if each[1] == "GET"]
    personal = 0
    for service, _, path in reads:
        answer = await services[service].get(path, headers=administrator.authorization)
        without = await services[service].get(path)
        control = answer.headers.get("cache-control", "")
        if without.status_code == 401:
            personal += 1
            assert control == "private, no-store", path
            assert "no-store" in without.headers.get("cache-control", "no-store"), path
        elif "no-store" not in control:
            assert "public" in control, path
    assert personal > 10


async def test_a_trailing_slash_leads_nowhere(
    services: dict[str, httpx.AsyncClient], documents: dict[str, Json]
) -> None:
    """Least of all to the host that the client names."""
    for service, method, path in requests(documents):
        answer = await services[service].request(method, f"{path}/", headers={"Host": "evil.example"})
        assert answer.status_code in {404, 405, 422, 401}, (method, path)
        assert "location" not in answer.headers
