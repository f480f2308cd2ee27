"""Services whose answers say what reached them: the point of these tests is what stands in front."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import uvicorn
from gateway.tests.stand.processes import in_background, wait_until

from parking_platform.ports import LOOPBACK, free_port

if TYPE_CHECKING:
    from asgiref.typing import ASGIReceiveCallable as Receive
    from asgiref.typing import ASGISendCallable as Send

NAMES = ("auth", "parking", "reservation", "payment", "notification", "analytics")
JWKS_PATH = "/api/v1/auth/jwks.json"


@dataclass
class EchoService:
    """Answers every request with its own description; `?status=`, `?pad=` and `?max-age=` shape the answer."""

    name: str
    port: int = field(default_factory=free_port)
    keys: dict[str, Any] | None = None
    openapi: dict[str, Any] | None = None
    paths_asked: list[str] = field(default_factory=list[str])
    headers_at: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])

    async def __call__(self, scope: dict[str, Any], receive: "Receive", send: "Send") -> None:
        """See ASGI."""
        if scope["type"] == "websocket":
            await self._echo_frames(scope, receive, send)
            return
        self.paths_asked.append(scope["path"])
        self.headers_at[scope["path"]] = {name.decode(): value.decode() for name, value in scope["headers"]}
        body = await _body(receive)
        if scope["path"] == JWKS_PATH:
            await _answer(send, 200 if self.keys else 503, self.keys)
        elif scope["path"] == "/openapi.json":
            await _answer(send, 200 if self.openapi else 503, self.openapi)
        else:
            query = dict(parse_qsl(scope["query_string"].decode()))
            lasts = {"cache-control": f"public, max-age={query['max-age']}"} if "max-age" in query else {}
            await _answer(send, int(query.get("status", "200")), self._described(scope, body, query), lasts)

    def _described(self, scope: Mapping[str, Any], body: bytes, query: Mapping[str, str]) -> dict[str, Any]:
        return {
            "service": self.name,
            "method": scope["method"],
            "path": scope["raw_path"].decode(),
            "query": scope["query_string"].decode(),
            "headers": [[name.decode(), value.decode()] for name, value in scope["headers"]],
            "body_length": len(body),
            "pad": "x" * int(query.get("pad", "0")),
        }

    async def _echo_frames(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept", "subprotocol": next(iter(scope["subprotocols"]), None)})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": f"{self.name}: {message['text']}"})


async def _body(receive: Any) -> bytes:
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def _answer(send: Any, status: int, content: object, more: Mapping[str, str] = {}) -> None:
    headers = [
        *((name.encode(), value.encode()) for name, value in more.items()),
        (b"content-type", b"application/json" if status < 400 else b"application/problem+json"),
        (b"etag", b'"7"'),
        (b"x-request-id", b"set-by-the-service"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(content).encode()})


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to pytest."""
        yield


@asynccontextmanager
async def serving(service: EchoService) -> AsyncIterator[EchoService]:
    """The service on its port, in this event loop."""
    config = uvicorn.Config(
        service,
        host=LOOPBACK,
        port=service.port,
        log_config=None,
        lifespan="off",
        ws="websockets-sansio",
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    async with in_background(server.serve()):
        await wait_until(lambda: server.started, "the echo service to listen")
        try:
            yield service
        finally:
            server.should_exit = True


@asynccontextmanager
async def hanging_up() -> AsyncIterator[int]:
    """The port of a service that answers the first request of each connection, and hangs up on the second."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        with suppress(asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, LOOPBACK, 0) as server:
        yield server.sockets[0].getsockname()[1]
