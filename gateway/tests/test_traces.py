"""The gateway is a span of every trace, whichever process begins it."""

import asyncio
import json
import re
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from socket import AF_UNIX, SOCK_DGRAM, socket

import httpx
import pytest
import pytest_asyncio
from gateway.tests.stand.gateway import Gateway, Starter
from gateway.tests.stand.processes import wait_until
from gateway.tests.stand.tokens import Issuer, bearer
from gateway.tests.test_access_log import line_of

from parking_platform.ports import LOOPBACK, free_port
from parking_platform.testing.span_receiver import ReceivedSpan, receiving_spans

PATH = "/api/v1/reservations"
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SOUND = f"00-{TRACE}-{PARENT}-01"
PASSED_ON = re.compile("00-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-0(?P<sampled>[01])")


async def passed_on(client: httpx.AsyncClient, **context: str) -> tuple[httpx.Response, re.Match[str], dict[str, str]]:
    """An answer, and the trace and all headers that reached the service."""
    answer = await client.get(PATH, headers=context)
    headers: dict[str, str] = dict(answer.json()["headers"])
    found = PASSED_ON.fullmatch(headers["traceparent"])
    assert found
    return answer, found, headers


async def test_a_trace_begins_here(gateway: Gateway, client: httpx.AsyncClient):
    answer, upstream, headers = await passed_on(client)

    line = await line_of(gateway, answer)
    assert (line["trace_id"], line["span_id"], line["parent_id"]) == (upstream["trace"], upstream["span"], "")
    assert upstream["trace"] == answer.headers["x-request-id"], "one number to look for"
    assert upstream["sampled"] == "1"
    assert "tracestate" not in headers


async def test_a_clients_trace_goes_on_below_a_span_of_the_gateway(gateway: Gateway, client: httpx.AsyncClient):
    answer, upstream, headers = await passed_on(client, traceparent=SOUND, tracestate="a=b")

    line = await line_of(gateway, answer)
    assert (line["trace_id"], line["span_id"], line["parent_id"]) == (TRACE, upstream["span"], PARENT)
    assert upstream["trace"] == TRACE
    assert upstream["span"] != PARENT
    assert headers["tracestate"] == "a=b"


@pytest.mark.parametrize(("flags", "sampled"), [("00", "0"), ("01", "1"), ("02", "0"), ("ff", "1")])
async def test_the_client_says_whether_its_trace_is_sampled(client: httpx.AsyncClient, flags: str, sampled: str):
    assert (await passed_on(client, traceparent=f"00-{TRACE}-{PARENT}-{flags}"))[1]["sampled"] == sampled


async def test_a_later_version_of_the_header_is_understood(client: httpx.AsyncClient):
    assert (await passed_on(client, traceparent=f"cc-{TRACE}-{PARENT}-01-what-comes"))[1]["trace"] == TRACE


@pytest.mark.parametrize(
    "malformed",
    [
        "",
        "nonsense",
        SOUND.upper(),
        f"{SOUND}-more",
        f"{SOUND}0",
        SOUND[:-1],
        f"ff-{TRACE}-{PARENT}-01",
        f"cc-{TRACE}-{PARENT}-01x",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f'00-{TRACE[:-1]}"-{PARENT}-01',
        SOUND.replace("-", "_"),
        "0" * 8000,
    ],
)
async def test_a_malformed_trace_is_as_good_as_none(gateway: Gateway, client: httpx.AsyncClient, malformed: str):
    answer, upstream, headers = await passed_on(client, traceparent=malformed, tracestate="a=b")

    assert answer.status_code == 200
    assert upstream["trace"] not in {TRACE, "0" * 32}
    assert "tracestate" not in headers
    assert (await line_of(gateway, answer))["parent_id"] == ""


async def test_answers_of_the_gateway_itself_are_in_a_trace_too(gateway: Gateway, client: httpx.AsyncClient):
    line = await line_of(gateway, await client.get(PATH, headers={"traceparent": SOUND, "Authorization": "Bearer x"}))

    assert (line["status"], line["trace_id"], line["parent_id"]) == (401, TRACE, PARENT)


@pytest.fixture
def socket_path(tmp_path_factory: pytest.TempPathFactory, server_scratch: Path) -> Path:
    """Short, and in a folder that nginx's workers may enter."""
    return server_scratch / f"{tmp_path_factory.mktemp('spans').name}.sock"


@pytest_asyncio.fixture
async def sending(starter: Starter, socket_path: Path) -> AsyncIterator[Gateway]:
    """A gateway that sends its spans."""
    async with starter.running(f"{socket_path.stem}-gateway", GATEWAY_SPANS_SOCKET=str(socket_path)) as gateway:
        yield gateway


@pytest.fixture
def sent(socket_path: Path) -> Iterator[socket]:
    """What it sends."""
    with closing(socket(AF_UNIX, SOCK_DGRAM)) as receiver:
        receiver.bind(str(socket_path))
        socket_path.chmod(0o666)
        receiver.setblocking(False)
        yield receiver


async def test_sampled_requests_are_sent_and_others_are_not(sent: socket, sending: Gateway):
    async with sending.client() as client:
        await client.get(PATH, headers={"traceparent": f"00-{'1' * 32}-{PARENT}-00"})
        await client.get(PATH, headers={"traceparent": SOUND})
        await line_of(sending, await client.get(PATH, headers={"traceparent": f"00-{'2' * 32}-{PARENT}-00"}))

    line = json.loads(sent.recv(65_536).partition(b": ")[2])
    assert (line["trace_id"], line["parent_id"], line["status"]) == (TRACE, PARENT, 200)
    with pytest.raises(BlockingIOError):
        sent.recv(65_536)


async def test_nobody_has_to_listen(sending: Gateway):
    async with sending.client() as client:
        answers = [await client.get(PATH, headers={"traceparent": SOUND}) for _ in range(20)]
    assert {answer.status_code for answer in answers} == {200}


@asynccontextmanager
async def exporting(socket_path: Path, endpoint: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The process that makes spans of lines; it must end by itself when it is asked to."""
    arguments = ("--socket", str(socket_path), "--otlp-endpoint", endpoint)
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "parking_chassis.gateway_spans", *arguments)
    try:
        await wait_until(socket_path.is_socket, "the exporter to listen")
        yield process
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(8):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_a_request_becomes_a_span_of_the_gateway(sending: Gateway, socket_path: Path, issuer: Issuer):
    with receiving_spans() as received:
        async with exporting(socket_path, received.address), sending.client() as client:
            headers = {"traceparent": SOUND, **bearer(issuer.token())}
            answer = await client.post("/api/v1/gates/check-in?status=500&who=anna@example.test", headers=headers)
            line = await line_of(sending, answer)
        (span,) = received.trace(TRACE)

    assert span == ReceivedSpan(
        service="gateway",
        name="POST /api/v1/gates/check-in",
        kind="SERVER",
        trace_id=TRACE,
        span_id=line["span_id"],
        parent_id=PARENT,
        attributes={
            "http.request.method": "POST",
            "http.route": "/api/v1/gates/check-in",
            "http.response.status_code": 500,
            "url.scheme": "https",
            "network.protocol.version": "1.1",
        },
        events=(),
    )


async def test_the_exporter_stops_in_time_though_its_receiver_is_away(sending: Gateway, socket_path: Path):
    async with exporting(socket_path, f"http://{LOOPBACK}:{free_port()}"), sending.client() as client:
        for _ in range(5):
            await client.get(PATH, headers={"traceparent": SOUND})
