"""What holds for every operation of every service, as their own documents and answers have it."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest_asyncio

from parking_chassis.schemas import LINES, ONE_LINE
from parking_demo.people import Json
from parking_platform.testing.platform import RunningPlatform

SERVICES = ("auth", "parking", "reservation", "payment", "notification", "analytics")
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
