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
