"""One OpenAPI document out of six, and a page to read it."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from gateway.tests.stand.gateway import Starter
from gateway.tests.stand.services import NAMES, EchoService

PROBLEM = {"type": "object", "properties": {"title": {"type": "string"}}}


def reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def document(service: str, schemas: dict[str, Any] | None = None) -> dict[str, Any]:
    operation = {
        "operationId": "list",
        "tags": [service],
        "security": [{"bearer": []}],
        "responses": {"200": {"content": {"application/json": {"schema": reference("Page")}}}},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": service, "version": "1"},
        "tags": [{"name": service}, {"name": "shared"}],
        "paths": {f"/api/v1/{service}-things": {"get": operation}, "/internal/x": {"get": {}}, "/healthz": {"get": {}}},
        "components": {
            "schemas": {
                "Problem": PROBLEM,
                "Page": {"items": reference("Item")},
                "Item": {"const": "same"},
                **(schemas or {}),
            },
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


@pytest_asyncio.fixture
async def documented(services: dict[str, EchoService]) -> AsyncIterator[dict[str, EchoService]]:
    for name, service in services.items():
        service.openapi = document(name)
    yield services
    for service in services.values():
        service.openapi = None


async def merged(starter: Starter, name: str) -> dict[str, Any]:
    async with starter.running(name) as gateway, gateway.client() as client:
        answer = await client.get("/api/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


async def test_all_documents_become_one(starter: Starter, documented: dict[str, EchoService]):
    whole = await merged(starter, "merged")

    assert set(whole["paths"]) == {f"/api/v1/{name}-things" for name in NAMES}
    assert set(whole["components"]["schemas"]) == {"Problem", "Page", "Item"}
    assert [tag["name"] for tag in whole["tags"]] == ["auth", "shared", *NAMES[1:]]
    assert whole["servers"] == [{"url": "/"}]
    assert "x-unavailable" not in whole
    operations = [item["get"]["operationId"] for item in whole["paths"].values()]
    assert operations == ["list", *(f"{name}_list" for name in NAMES[1:])]


async def test_schema_that_differs_gets_its_services_name(starter: Starter, documented: dict[str, EchoService]):
    documented["payment"].openapi = document("payment", {"Item": {"const": "another"}})

    whole = await merged(starter, "differing")

    schemas = whole["components"]["schemas"]
    assert schemas["PaymentItem"] == {"const": "another"}
    assert schemas["AuthItem"] == {"const": "same"}
    # A page of other items is another page, although both read alike.
    assert schemas["PaymentPage"] == {"items": reference("PaymentItem")}
    assert not {"Item", "Page"} & set(schemas)
    assert schemas["Problem"] == PROBLEM
    schema = whole["paths"]["/api/v1/payment-things"]["get"]["responses"]["200"]["content"]["application/json"][
        "schema"
    ]
    assert schema == reference("PaymentPage")
    check_references(whole)


async def test_security_scheme_that_differs_keeps_its_uses(starter: Starter, documented: dict[str, EchoService]):
    other = document("auth")
    other["components"]["securitySchemes"]["bearer"]["bearerFormat"] = "opaque"
    documented["auth"].openapi = other

    whole = await merged(starter, "security")

    assert whole["paths"]["/api/v1/auth-things"]["get"]["security"] == [{"Authbearer": []}]
    assert whole["components"]["securitySchemes"]["Authbearer"]["bearerFormat"] == "opaque"
    assert whole["paths"]["/api/v1/parking-things"]["get"]["security"] == [{"Parkingbearer": []}]


async def test_missing_service_is_named(starter: Starter, documented: dict[str, EchoService]):
    documented["analytics"].openapi = None
    documented["payment"].openapi = {"paths": "nonsense"}

    whole = await merged(starter, "missing")

    assert whole["x-unavailable"] == ["payment", "analytics"]
    assert "payment, analytics" in whole["info"]["description"]
    assert "/api/v1/auth-things" in whole["paths"]


async def test_large_documents_fit(starter: Starter, documented: dict[str, EchoService]):
    large = {f"Schema{number}": {"description": "x" * 1000} for number in range(500)}
    documented["auth"].openapi = document("auth", large)

    assert "Schema499" in (await merged(starter, "large"))["components"]["schemas"]


async def test_document_is_cached(starter: Starter, documented: dict[str, EchoService]):
    documented["auth"].paths_asked.clear()
    async with starter.running("cached") as gateway, gateway.client() as client:
        for _ in range(5):
            assert (await client.get("/api/openapi.json")).headers["cache-control"] == "public, max-age=30"

    assert documented["auth"].paths_asked.count("/openapi.json") == 1


async def test_no_document_at_all_is_a_problem(starter: Starter, services: dict[str, EchoService]):
    async with starter.running("none") as gateway, gateway.client() as client:
        answer = await client.get("/api/openapi.json")

    assert answer.status_code == 503
    assert answer.json()["type"] == "/problems/service-unavailable"


def check_references(whole: dict[str, Any]) -> None:
    for section, name in re.findall(r'"#/components/(\w+)/(\w+)"', str(whole).replace("'", '"')):
        assert name in whole["components"][section]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/api/docs", "text/html"),
        ("/api/docs/docs.js", "application/javascript"),
        ("/api/docs/swagger-ui.css", "text/css"),
        ("/api/docs/swagger-ui-bundle.js", "application/javascript"),
    ],
)
async def test_reader_is_served_from_here(client: httpx.AsyncClient, path: str, kind: str):
    answer = await client.get(path)

    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == kind
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self';" in policy


async def test_reader_needs_no_other_host_and_no_inline_script(client: httpx.AsyncClient):
    page = (await client.get("/api/docs")).text

    assert "//" not in page
    assert re.findall(r"<script(?! src=)", page) == []
    for path in re.findall(r'(?:src|href)="(/[^"]+)"', page):
        assert (await client.get(path)).status_code in {200, 503}


@pytest.mark.parametrize(
    "path", ["/api/docs/", "/api/docs/index.html", "/api/docs/../../conftest.py", "/api/docs/package.json"]
)
async def test_reader_serves_nothing_else(client: httpx.AsyncClient, path: str):
    assert (await client.get(path)).status_code == 404
