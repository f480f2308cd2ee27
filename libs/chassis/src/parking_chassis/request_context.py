"""One id, one duration and one log line for each request."""

import re
import time
from typing import TYPE_CHECKING

import structlog
from starlette.datastructures import MutableHeaders

from parking_chassis.ids import new_id
from parking_chassis.metrics import ERRORS, REQUEST_DURATION

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.stdlib.get_logger("parking.access")

ACCEPTABLE_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
HTTP_500 = 500


class RequestContext:
    """ASGI middleware: takes or makes `X-Request-ID`, echoes it, binds it to the logs, and measures.

    Plain ASGI, since Starlette's `BaseHTTPMiddleware` costs a task for each request.
    """

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope["request_id"] = request_id
        status = HTTP_500

        async def send_with_id(message: "Message") -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_with_id)
            finally:
                _record(scope, status, time.perf_counter() - started)


def _request_id(scope: "Scope") -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and ACCEPTABLE_ID.fullmatch(value):
            return value.decode()
    return str(new_id())


def _record(scope: "Scope", status: int, seconds: float) -> None:
    if scope["path"] in QUIET:
        return
    route = getattr(scope.get("route"), "path", "unknown")
    # A client may invent methods, and each new label would cost memory for ever.
    method = scope["method"] if scope["method"] in METHODS else "other"
    REQUEST_DURATION.labels(method, route, str(status)).observe(seconds)
    if status >= HTTP_500:
        ERRORS.labels(route).inc()
    log.info("request", method=method, route=route, status=status, ms=round(seconds * 1000, 1))
