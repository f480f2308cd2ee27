"""What the gateway adds to requests and answers, and what it takes out."""

import gzip
import re

import httpx
import pytest
from gateway.tests.stand.gateway import Gateway

PATH = "/api/v1/reservations"


async def received(client: httpx.AsyncClient, headers: dict[str, str], path: str = PATH) -> dict[str, str]:
    """The headers that reached the service; none of them twice."""
    pairs = (await client.get(path, headers=headers)).json()["headers"]
    assert len(pairs) == len(dict(pairs))
    return dict(pairs)


async def test_forwarding_headers_are_replaced(client: httpx.AsyncClient, gateway: Gateway):
    claims = {
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Host": "evil.test",
        "X-Forwarded-Port": "1",
        "X-Real-IP": "203.0.113.9",
        "Forwarded": "for=203.0.113.9",
        "Proxy": "http://evil.test",
    }

    headers = await received(client, claims)

    assert headers["x-forwarded-for"] in {"127.0.0.1", "::1"}
    assert headers["x-forwarded-proto"] == "https"
    assert headers["x-forwarded-host"] == headers["host"] == f"localhost:{gateway.port}"
    assert not {"x-forwarded-port", "x-real-ip", "forwarded", "proxy"} & set(headers)


@pytest.mark.parametrize("given", ["018f6d3a-7c1e-7b4e-9a39-2f5d1c0b9e12", "a", "A.b_c-9", "x" * 64])
async def test_sane_request_id_is_kept(client: httpx.AsyncClient, given: str):
    answer = await client.get(PATH, headers={"X-Request-ID": given})

    assert answer.headers.get_list("x-request-id") == [given]
    assert dict(answer.json()["headers"])["x-request-id"] == given


@pytest.mark.parametrize("given", [None, "", "x" * 65, "a b", 'a"b', "a/b", "{a}", "a\tb"])
async def test_other_request_id_is_replaced(client: httpx.AsyncClient, given: str | None):
    answer = await client.get(PATH, headers={} if given is None else {"X-Request-ID": given})

    [made] = answer.headers.get_list("x-request-id")
    assert re.fullmatch("[0-9a-f]{32}", made)
    assert dict(answer.json()["headers"])["x-request-id"] == made


@pytest.mark.parametrize("path", [PATH, "/api/v1/nothing", "/api/openapi.json", "/api/docs", "/api/docs/docs.js"])
async def test_security_headers_are_everywhere(client: httpx.AsyncClient, path: str):
    headers = (await client.get(path)).headers

    assert headers["strict-transport-security"].startswith("max-age=31536000")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "x-request-id" in headers
    assert headers["server"] == "nginx"


async def test_long_answers_are_compressed(gateway: Gateway):
    async with httpx.AsyncClient(verify=gateway.trust, trust_env=False) as client:
        async with client.stream("GET", f"{gateway.url}{PATH}?pad=2000") as long:
            raw = b"".join([chunk async for chunk in long.aiter_raw()])
        short = await client.get(f"{gateway.url}/api/v1/nothing")

    assert long.headers["content-encoding"] == "gzip"
    assert "accept-encoding" in long.headers["vary"].lower()
    assert b"xxxx" in gzip.decompress(raw)
    assert "content-encoding" not in short.headers


async def test_etag_survives_compression(client: httpx.AsyncClient):
    """gzip weakens it to W/"7"; a service compares strongly, so it must come back as it was given."""
    given = (await client.get(f"{PATH}?pad=2000")).headers["etag"]
    assert given == 'W/"7"'

    assert (await received(client, {"If-Match": given}))["if-match"] == '"7"'
    assert (await received(client, {"If-Match": "*"}))["if-match"] == "*"
    assert (await received(client, {"If-Match": '"8"'}))["if-match"] == '"8"'
    assert "if-match" not in await received(client, {})


@pytest.mark.parametrize("path", [PATH, "/api/v1/analytics/live", "/api/v1/auth/token"])
async def test_only_the_websocket_may_upgrade(client: httpx.AsyncClient, path: str):
    headers = await received(client, {"Upgrade": "websocket", "Connection": "upgrade"}, path)

    assert "upgrade" not in headers
    assert headers.get("connection") is None


async def test_header_with_an_underscore_is_dropped(client: httpx.AsyncClient):
    assert not [name for name in await received(client, {"X_Request_ID": "forged"}) if "_" in name]
