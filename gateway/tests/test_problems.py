"""The gateway's own errors are problems; a service's errors pass as they are."""

import json

import httpx
import pytest
from gateway.tests.stand.gateway import Gateway, Starter
from gateway.tests.stand.services import EchoService, hanging_up
from gateway.tests.stand.tokens import Issuer, bearer

from parking_platform.ports import LOOPBACK

MEBIBYTE = 1024 * 1024


def check_problem(answer: httpx.Response, status: int, slug: str) -> None:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    problem = answer.json()
    assert set(problem) == {"type", "title", "status", "detail", "instance", "request_id"}
    assert (problem["type"], problem["status"]) == (f"/problems/{slug}", status)
    assert problem["instance"] == answer.request.url.path
    assert problem["request_id"] == answer.headers["x-request-id"]


async def test_unreachable_service(starter: Starter, issuer: Issuer):
    away = [EchoService(each.name) if each.name == "payment" else each for each in starter.services]
    before = Starter(starter.directory, starter.authority, away)
    async with before.running("unreachable") as gateway, gateway.client() as client:
        for headers in ({}, bearer(issuer.token())):
            answer = await client.get("/api/v1/payments", headers=headers)
            check_problem(answer, 502, "bad-gateway")
            assert answer.headers["retry-after"] == "2"
        assert (await client.get("/api/v1/reservations")).status_code == 200


async def test_only_what_may_be_repeated_is_repeated_on_a_connection_that_closed(starter: Starter):
    async with (
        hanging_up() as port,
        starter.running("hanging-up", PAYMENT_UPSTREAM=f"{LOOPBACK}:{port}") as gateway,
        gateway.client() as client,
    ):
        statuses = [(await client.request(method, "/api/v1/payments")).status_code for method in ("GET", "GET", "POST")]

    assert statuses == [200, 200, 502]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422, 429, 500, 502, 503])
async def test_error_of_a_service_passes_as_it_is(client: httpx.AsyncClient, status: int):
    answer = await client.post(f"/api/v1/reservations?status={status}", headers={"X-Request-ID": "one-of-mine"})

    assert answer.status_code == status
    assert answer.json()["service"] == "reservation"
    assert answer.headers.get_list("x-request-id") == ["one-of-mine"]
    assert "retry-after" not in answer.headers
    assert "www-authenticate" not in answer.headers


@pytest.mark.parametrize(
    ("path", "largest"), [("/api/v1/reservations", MEBIBYTE), ("/api/v1/parking-lots/import", 20 * MEBIBYTE)]
)
@pytest.mark.parametrize("in_chunks", [False, True])
async def test_body_has_a_largest_size(
    client: httpx.AsyncClient, issuer: Issuer, path: str, largest: int, in_chunks: bool
):
    async def chunks(size: int):
        for _ in range(size // MEBIBYTE):
            yield b"x" * MEBIBYTE
        yield b"x" * (size % MEBIBYTE)

    def body(size: int):
        return chunks(size) if in_chunks else b"x" * size

    fits = await client.post(path, content=body(largest), headers=bearer(issuer.token()))
    check_problem(
        await client.post(path, content=body(largest + 1), headers=bearer(issuer.token())), 413, "content-too-large"
    )

    assert fits.status_code == 200
    assert fits.json()["body_length"] == largest


@pytest.mark.parametrize("path", ["/api/v1/auth/token", "/api/v1/webhooks/stripe", "/api/v1/parking-lots/import/more"])
async def test_no_other_path_takes_more(client: httpx.AsyncClient, path: str):
    check_problem(await client.post(path, content=b"x" * (MEBIBYTE + 1)), 413, "content-too-large")


async def test_header_that_is_too_large(client: httpx.AsyncClient):
    check_problem(
        await client.get("/api/v1/reservations", headers={"X-Much": "x" * 9000}), 431, "request-header-fields-too-large"
    )


async def test_token_that_is_too_large(client: httpx.AsyncClient, issuer: Issuer):
    answer = await client.get("/api/v1/reservations", headers=bearer(issuer.token(scope="x" * 20_000)))
    check_problem(answer, 431, "request-header-fields-too-large")


async def test_uri_that_is_too_long(client: httpx.AsyncClient):
    answer = await client.get("/api/v1/reservations?q=" + "x" * 9000)

    assert answer.status_code == 414
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("request_lines", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET /api/v1/reservations HTTP/1.1\r\n\r\n", 400),
        (b"GET /api/v1/reservations HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET /api/v1/reservations HTTP/1.1\r\nHost: a\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n", 400),
        (b"GET /api/v1/reserv\x00ations HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"TRACE /api/v1/reservations HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        (b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ],
)
async def test_malformed_request(gateway: Gateway, request_lines: bytes, status: int):
    answer = await gateway.raw(request_lines)

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split(b" ")[1] == str(status).encode()
    assert json.loads(body)["status"] == status


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Content-Length: +5\r\n",
        b"Content-Length: 5, 5\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    ],
)
async def test_request_that_could_be_framed_in_two_ways_reaches_no_service(
    gateway: Gateway, services: dict[str, EchoService], framing: bytes
):
    reached = len(services["reservation"].paths_asked)

    answer = await gateway.raw(
        b"POST /api/v1/reservations HTTP/1.1\r\nHost: a\r\n"
        + framing
        + b"\r\n0\r\n\r\nGET /api/v1/reservations HTTP/1.1\r\n\r\n"
    )

    assert answer.split(b" ")[1] in {b"400", b"501"}
    assert answer.count(b"HTTP/1.1 ") == 1
    assert len(services["reservation"].paths_asked) == reached


async def test_plain_http_is_told_so(gateway: Gateway):
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(gateway.url.replace("https", "http") + "/api/v1/reservations")

    check_problem(answer, 400, "bad-request")
