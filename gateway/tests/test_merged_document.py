"""What the gateway makes of the documents that the six services really have."""

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from gateway.tests.stand.gateway import Starter
from gateway.tests.stand.services import EchoService
from tests.documents.applications import documents
from tests.documents.reading import faults


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def merged(starter: Starter, services: dict[str, EchoService]) -> AsyncIterator[dict[str, Any]]:
    for name, document in documents().items():
        services[name].openapi = document
    async with starter.running("real-documents") as gateway, gateway.client() as client:
        answer = await client.get("/api/openapi.json")
    for service in services.values():
        service.openapi = None
    assert answer.status_code == 200
    yield answer.json()


async def test_a_validator_of_the_field_accepts_the_merged_document(merged: dict[str, Any]):
    assert "x-unavailable" not in merged
    assert faults(merged) == []


async def test_the_merged_document_says_what_it_is_and_where_to_begin(merged: dict[str, Any]):
    description = merged["info"]["description"]
    assert description.startswith("All services of the parking platform behind one gateway")
    beginnings = [part.split("**")[1] for part in description.split("\n\n")[1:]]
    assert beginnings == ["Token.", "Idempotency-Key.", "Problems.", "Pages.", "Values.", "Live messages."]
    for path in ("/api/v1/auth/register", "/api/v1/auth/token", "/api/v1/ws/tickets"):
        assert f"`POST {path}`" in description
        assert "post" in merged["paths"][path]


async def test_what_is_not_answering_is_named_before_the_guide(starter: Starter, services: dict[str, EchoService]):
    services["auth"].openapi = {"openapi": "3.1.0", "info": {}, "paths": {}}
    async with starter.running("partial-document") as gateway, gateway.client() as client:
        document = (await client.get("/api/openapi.json")).json()
    services["auth"].openapi = None
    first, guide, *_ = document["info"]["description"].split("\n\n")
    assert first.startswith("Not answering at the moment, so missing here: parking, ")
    assert guide.startswith("All services of the parking platform")
    assert list(document)[-1] == "x-unavailable"


async def test_the_merged_document_is_read_in_a_fixed_order(merged: dict[str, Any]):
    assert list(merged) == ["openapi", "info", "servers", "tags", "paths", "components"]
    assert list(merged["info"]) == ["title", "version", "description"]


async def test_the_tags_follow_a_drivers_journey_and_each_that_is_used_is_named(merged: dict[str, Any]):
    named = [tag["name"] for tag in merged["tags"]]
    journey = ["auth", "parking lots", "reservations", "payments", "notifications", "analytics"]
    assert [name for name in named if name in journey] == journey
    used = {tag for item in merged["paths"].values() for operation in item.values() for tag in operation["tags"]}
    assert used == set(named)


async def test_the_paths_go_by_service_and_then_by_letter_and_so_do_the_components(merged: dict[str, Any]):
    by_service = [[path for path in document["paths"] if path.startswith("/api/")] for document in documents().values()]
    assert list(merged["paths"]) == [path for paths in by_service for path in sorted(paths)]
    assert list(merged["components"]) == ["schemas", "securitySchemes"]
    assert list(merged["components"]["schemas"]) == sorted(merged["components"]["schemas"])
