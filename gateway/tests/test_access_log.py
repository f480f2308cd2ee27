"""The log says what happened, and to nobody in particular."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from gateway.tests.stand.gateway import Gateway, Starter
from gateway.tests.stand.processes import wait_until
from gateway.tests.stand.tokens import Issuer, bearer

ID = "018f6d3a-7c1e-7b4e-9a39-2f5d1c0b9e11"
TRACE = "0af7651916cd43dd8448eb211c80319c"


def log_of(gateway: Gateway) -> str:
    return (gateway.directory / "logs" / "access.log").read_text()


async def line_of(gateway: Gateway, answer: httpx.Response) -> dict[str, Any]:
    """What a request's line says, with what it is about beside the rest."""
    line = await whole_line_of(gateway, answer)
    return {**line, **line["context"]}


async def whole_line_of(gateway: Gateway, answer: httpx.Response) -> dict[str, Any]:
    request_id = answer.headers["x-request-id"]
    await wait_until(lambda: request_id in log_of(gateway), "the request's line")
    return next(json.loads(line) for line in log_of(gateway).splitlines() if request_id in line)


async def test_a_line_has_the_shape_of_the_services_lines(gateway: Gateway, client: httpx.AsyncClient):
    line = await whole_line_of(gateway, await client.get("/api/v1/parking-lots"))

    assert list(line) == ["timestamp", "level", "logger", "message", "context", "trace_id", "span_id"]
    assert (line["level"], line["logger"], line["message"]) == ("info", "gateway.access", "request")
    assert line["context"]["service"] == "gateway"


async def test_line_tells_what_happened(gateway: Gateway, client: httpx.AsyncClient, issuer: Issuer):
    context = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01", "X-Request-ID": "line-to-read"}

    line = await line_of(
        gateway, await client.post("/api/v1/gates/check-in?status=409", headers={**context, **bearer(issuer.token())})
    )

    assert line["request_id"] == "line-to-read"
    assert line["trace_id"] == TRACE
    assert (line["method"], line["route"], line["status"]) == ("POST", "/api/v1/gates/check-in", 409)
    assert (line["upstream"], line["upstream_status"]) == ("reservation", "409")
    assert line["outcome"] == "refused"
    assert line["duration_ms"] >= round(float(line["upstream_seconds"]) * 1000) >= 0


async def test_line_of_an_error_of_the_gateway(gateway: Gateway, client: httpx.AsyncClient, issuer: Issuer):
    line = await line_of(gateway, await client.patch("/api/v1/users/me", headers=bearer(issuer.token(exp=1))))

    assert (line["method"], line["route"], line["status"]) == ("PATCH", "/api/v1/users/me", 401)
    assert line["token"] == "expired"


async def test_nothing_personal_is_logged(gateway: Gateway, client: httpx.AsyncClient, issuer: Issuer):
    secrets = ["anna@example.test", "ZH123456", "Mozilla-of-Anna", "203.0.113.9", ID, issuer.token()]
    email, plate, agent, address, user, token = secrets
    headers = {
        "User-Agent": agent,
        "X-Forwarded-For": address,
        "Referer": f"https://a.test/?{email}",
        "Cookie": f"a={token}",
    }
    headers |= bearer(token)

    for path in (f"/api/v1/users/{user}?query={email}", f"/api/v1/users/{email}", f"/api/v1/nothing/{plate}"):
        await line_of(gateway, await client.get(f"{path}?access_token={token}", headers=headers))

    written = b"".join(path.read_bytes() for path in gateway.files("logs")).decode()
    assert not [line for line in written.splitlines() for secret in secrets if secret in line]
    # The error log reports a connection that broke off in its handshake, with the peer's address and nothing else.
    assert "127.0.0.1" not in log_of(gateway)


async def test_nothing_personal_is_logged_when_a_service_is_away(away: Gateway, issuer: Issuer):
    async with away.client() as client:
        answer = await client.get("/api/v1/users?query=anna@example.test", headers=bearer(issuer.token()))
        assert (await line_of(away, answer))["status"] in {502, 503}

    assert "anna" not in b"".join(path.read_bytes() for path in away.files("logs")).decode()


@pytest_asyncio.fixture
async def away(starter: Starter) -> AsyncIterator[Gateway]:
    async with starter.running("log-away", AUTH_UPSTREAM="127.0.0.1:1") as gateway:
        yield gateway


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("reservations", "/api/v1/reservations"),
        (f"reservations/{ID}", "/api/v1/reservations/{id}"),
        (f"reservations/{ID}/calendar.ics", "/api/v1/reservations/{id}/calendar.ics"),
        (f"parking-lots/{ID}/availability", "/api/v1/parking-lots/{id}/availability"),
        (f"organizations/{ID}/members/{ID}", "/api/v1/organizations/{id}/members/{id}"),
        (f"users/{ID}/roles/operator", "/api/v1/users/{id}/roles/operator"),
        (f"auth/sessions/{ID}", "/api/v1/auth/sessions/{id}"),
        (f"invoices/{ID}.pdf", "/api/v1/invoices/{id}"),
        ("feeds/datex2.xml", "/api/v1/feeds/datex2.xml"),
        (f"a/{ID}/b/{ID}/c/{ID}", "unknown"),
    ],
)
async def test_ids_are_no_part_of_a_route(gateway: Gateway, client: httpx.AsyncClient, path: str, route: str):
    assert (await line_of(gateway, await client.get(f"/api/v1/{path}?a=b")))["route"] == route
