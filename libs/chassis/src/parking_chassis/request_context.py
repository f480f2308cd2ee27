"""One id, one duration and one log line for each request, which names what the request was about."""

import re
import time
from typing import TYPE_CHECKING, cast

import structlog
from starlette.datastructures import MutableHeaders

from parking_chassis.ids import new_id
from parking_chassis.metrics import ERRORS, REQUEST_DURATION
from parking_chassis.problems import record_unexpected

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.stdlib.get_logger("parking.access")

ACCEPTABLE_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
READS = frozenset({"GET", "HEAD"})
PERSONAL = "private, no-store"
HTTP_400 = 400
HTTP_500 = 500


class CompleteAnswers:
    """What an application inherits first, so that an error which is raised after the answer was sent ends here.

    Raised to uvicorn, it closes the kept-alive connection without a word, and the gateway puts another client's request
    on it: that one would get the 502. By then it was recorded in the log, and in the span, which stands further in. An
    answer that was begun and not finished still closes the connection: nothing else tells its client that the rest is
    missing.
    """

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """See ASGI."""
        application = cast("ASGIApp", super().__call__)  # pyright: ignore[reportAttributeAccessIssue] - see above
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        is_answered = False

        async def watched(message: "Message") -> None:
            nonlocal is_answered
            await send(message)
            is_answered = message["type"] == "http.response.body" and not message.get("more_body", False)

        try:
            await application(scope, receive, watched)
        except Exception as error:
            if not is_answered:
                raise
            record_unexpected(scope, error)


class RequestContext:
    """ASGI middleware: takes or makes `X-Request-ID`, echoes it, binds it to the logs, and measures.

    What answers a person is stored nowhere on its way, unless the route says otherwise: that holds for whatever is
    asked with credentials, and for all that is no reading.

    The request's line names the ids in its path. A route whose answer makes an id binds it with
    `structlog.contextvars.bind_contextvars`; each later line of the request has it then.

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
        is_personal = _is_personal(scope)

        async def send_with_id(message: "Message") -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                if is_personal:
                    headers.setdefault("Cache-Control", PERSONAL)
            await send(message)

        started = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            await self._app(scope, receive, send_with_id)
        finally:
            _record(scope, status, time.perf_counter() - started)


def _is_personal(scope: "Scope") -> bool:
    return scope["method"] not in READS or any(name == b"authorization" for name, _ in scope["headers"])


def _request_id(scope: "Scope") -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and ACCEPTABLE_ID.fullmatch(value):
            return value.decode()
    return str(new_id())


def _record(scope: "Scope", status: int, seconds: float) -> None:
    if scope["path"] in QUIET:
        return
    route = getattr(scope.get("route"), "path", "unknown")
    # A client may invent methods, and each new label would cost memory permanently.
    method = scope["method"] if scope["method"] in METHODS else "other"
    REQUEST_DURATION.labels(method, route, str(status)).observe(seconds)
    if status >= HTTP_500:
        ERRORS.labels(route).inc()
    log.info(
        "request",
        method=method,
        route=route,
        status=status,
        outcome=_outcome(status),
        duration_ms=round(seconds * 1000, 1),
        **_ids_in_path(scope),
    )


def _outcome(status: int) -> str:
    if status >= HTTP_500:
        return "failed"
    return "refused" if status >= HTTP_400 else "done"


def _ids_in_path(scope: "Scope") -> dict[str, str]:
    """Path parameters such as `reservation_id`. What is no id is left out: a client may write anything there."""
    found: dict[str, object] = scope.get("path_params", {})
    named = {name: str(value) for name, value in found.items() if name.endswith("_id")}
    return {name: value for name, value in named.items() if ID.fullmatch(value)}
