"""How a call goes wrong for its client: an error, silence, or a connection that breaks."""

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from uvicorn.protocols.http.h11_impl import H11Protocol

from stripe_simulator.knobs import Fault

EXTENSION = "stripe_simulator.break_connection"
MESSAGE = "An unknown error occurred"


class BreakableProtocol(H11Protocol):
    """Lets a request break the connection that it came by, for which HTTP servers have no call."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Give each request of the connection a way to break it."""
        super().connection_made(transport)
        app = self.app

        async def with_extension(scope: Any, receive: Any, send: Any) -> None:
            scope["extensions"] = {**scope.get("extensions", {}), EXTENSION: lambda: break_connection(transport)}
            await app(scope, receive, send)

        self.app = with_extension


def break_connection(transport: asyncio.Transport) -> None:
    """Send a TCP reset instead of an orderly end."""
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def strike(fault: Fault, request: Request) -> Response:
    """Let the fault happen to a request; what is answered after a broken connection reaches nobody."""
    if fault.action == "error":
        kind = "api_error" if fault.status >= 500 else "invalid_request_error"  # noqa: PLR2004 -- HTTP's server errors
        code = {"code": "rate_limit"} if fault.status == 429 else {}  # noqa: PLR2004 -- Too Many Requests
        return JSONResponse({"error": {"type": kind, "message": MESSAGE, **code}}, fault.status)
    if fault.action == "timeout":
        await asyncio.sleep(fault.hold_ms / 1000)
    breaker: Callable[[], None] = request.scope["extensions"][EXTENSION]
    breaker()
    return Response(status_code=500)
