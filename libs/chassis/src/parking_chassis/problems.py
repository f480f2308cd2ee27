"""Errors as RFC 9457 `application/problem+json`: one shape for every error of every service."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Annotated, Any

import structlog
from asyncpg import InternalClientError, PostgresError
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, Field
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from parking_chassis.database import is_away, is_transient
from parking_chassis.invalid_requests import errors_of, unreadable

log = structlog.stdlib.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = "1"
_RECORDED = "parking_chassis.recorded_error"
NOT_IN_REPERTOIRE = "22021"  # PostgreSQL's sqlstate for text that it cannot keep


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """A kind of error: a stable slug, a title and a status. The slug is part of the contract, the title is not.

    `members` describes what its problems carry beside what all have, for the document.
    """

    slug: str
    title: str
    status: int
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    members: type[BaseModel] | None = None


class FieldError(BaseModel):
    """A value that breaks a rule."""

    pointer: Annotated[
        str,
        Field(
            description="where it stands: a JSON pointer into the body (RFC 6901), or `query/<name>`, `path/<name>`, "
            "`header/<name>`; empty or `/` is the whole body",
            examples=["/start_time"],
        ),
    ]
    detail: Annotated[str, Field(description="the rule that is broken", examples=["must be after now"])]


class FieldErrors(BaseModel):
    """What a problem names that is about values of the request."""

    errors: Annotated[list[FieldError], Field(description="each value that breaks a rule, up to 100 of them")]


class Problem(Exception):
    """An error that the HTTP layer itself finds; errors of the domain come through a table instead."""

    def __init__(self, kind: ProblemKind, detail: str, **members: object) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.members = members


TableEntry = ProblemKind | Callable[[Exception], Problem]

INVALID_REQUEST = ProblemKind("invalid-request", "The request is not valid", 422, members=FieldErrors)
UNAUTHENTICATED = ProblemKind(
    "unauthenticated", "Sign in first", 401, {"WWW-Authenticate": 'Bearer error="invalid_token"'}
)
NO_CREDENTIALS = ProblemKind("unauthenticated", "Sign in first", 401, {"WWW-Authenticate": "Bearer"})
FORBIDDEN = ProblemKind("forbidden", "Not allowed", 403)
NOT_FOUND = ProblemKind("not-found", "Not found", 404)
UNAVAILABLE = ProblemKind("service-unavailable", "Not available now", 503, {"Retry-After": RETRY_AFTER_SECONDS})
UNSUPPORTED_MEDIA_TYPE = ProblemKind(
    "unsupported-media-type", "This media type is not supported", 415, {"Accept": "application/json"}
)
INTERNAL = ProblemKind("internal-error", "Something went wrong on our side", 500)


def problem_response(
    request: Request, kind: ProblemKind, detail: str, members: Mapping[str, Any] | None = None
) -> JSONResponse:
    """The answer for a kind of error, with the request's own id in it; the request's line in the log names the kind."""
    structlog.contextvars.bind_contextvars(problem=kind.slug)
    body: dict[str, Any] = {
        "type": f"/problems/{kind.slug}",
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "instance": request.url.path,
        "request_id": request.scope.get("request_id"),
        **(members or {}),
    }
    return JSONResponse(body, status_code=kind.status, headers=dict(kind.headers), media_type=MEDIA_TYPE)


async def _validation_failed(request: Request, error: RequestValidationError) -> JSONResponse:
    route = request.scope.get("route")
    body_field = getattr(route, "body_field", None)
    errors = errors_of(error, body_field.field_info.annotation if body_field else None)
    detail = "; ".join(_sentence(each["pointer"], each["detail"]) for each in errors)
    return problem_response(request, INVALID_REQUEST, detail, {"errors": errors})


def _sentence(pointer: str, rule: str) -> str:
    """`/start_time: is required`, or `the body is required…`: a rule goes on where its subject ends."""
    return f"the body {rule}" if pointer in {"", "/"} else f"{pointer}: {rule}"


async def _problem_raised(request: Request, error: Problem) -> JSONResponse:
    return problem_response(request, error.kind, error.detail, error.members)


async def _http_error(request: Request, error: HTTPException) -> JSONResponse:
    if error.status_code == HTTPStatus.BAD_REQUEST and (rule := unreadable(error.__cause__ or error.__context__)):
        return await _problem_raised(request, invalid_field("/", rule))  # FastAPI names no place
    phrase = HTTPStatus(error.status_code).phrase
    slug = phrase.lower().replace(" ", "-").replace("'", "")
    allowed = _allowed(request, error)
    kind = ProblemKind(slug, phrase, error.status_code, {**(error.headers or {}), **allowed})
    detail = f"{request.method} {request.url.path}: {phrase}"
    if allowed:
        detail += f"; there is {allowed['Allow']}"
    return problem_response(request, kind, detail if error.detail == phrase else str(error.detail))


def _allowed(request: Request, error: HTTPException) -> dict[str, str]:
    """All methods of the path (RFC 9110, 15.5.6); Starlette names those of the first route that has it."""
    route = request.scope.get("route")
    if error.status_code != HTTPStatus.METHOD_NOT_ALLOWED or route is None:
        return {}
    alike = [each for each in iter_route_contexts(request.app.routes) if each.path == route.path]
    return {"Allow": ", ".join(sorted({method for each in alike for method in each.methods or ()}))}


async def _dependency_away(request: Request, error: Exception) -> JSONResponse:
    log.warning("dependency_unavailable", error=type(error).__name__)
    return problem_response(request, UNAVAILABLE, "A part that this needs is away for a moment; try again.")


async def _database_refused(request: Request, error: Exception) -> JSONResponse:
    if is_away(error) or is_transient(error):
        return await _dependency_away(request, error)
    if isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == NOT_IN_REPERTOIRE:
        rule = "holds a NUL character, which cannot be kept"
        errors = [{"pointer": "/", "detail": rule}]
        return problem_response(request, INVALID_REQUEST, f"The request {rule}.", {"errors": errors})
    raise error


def record_unexpected(scope: MutableMapping[str, Any], error: Exception) -> None:
    """Log an error that nobody expected, with its traceback: once, however far it is raised on."""
    if scope.get(_RECORDED) is not error:
        scope[_RECORDED] = error
        log.error("unexpected_error", exc_info=error, request_id=scope.get("request_id"))


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    record_unexpected(request.scope, error)
    request_id = request.scope.get("request_id")
    answer = problem_response(request, INTERNAL, "The error is recorded under this request_id.")
    if request_id:  # this handler stands outside of `RequestContext`, which sets the header otherwise
        answer.headers["X-Request-ID"] = request_id
    return answer


def _domain_error_handler(entry: TableEntry) -> Callable[[Request, Exception], Awaitable[JSONResponse]]:
    async def handle(request: Request, error: Exception) -> JSONResponse:
        problem = Problem(entry, str(error)) if isinstance(entry, ProblemKind) else entry(error)
        return problem_response(request, problem.kind, problem.detail, problem.members)

    return handle


def invalid_field(pointer: str, rule: str) -> Problem:
    """A 422 that names one field and the rule it breaks, found where the schema cannot look."""
    return Problem(INVALID_REQUEST, _sentence(pointer, rule), errors=[{"pointer": pointer, "detail": rule}])


def unsupported_media_type(media_type: str | None, *accepted: str) -> Problem:
    """A 415 that names what is accepted instead."""
    kind = replace(UNSUPPORTED_MEDIA_TYPE, headers={"Accept": ", ".join(accepted)})
    named = f"A body of the type {media_type}" if media_type else "A body without a Content-Type"
    return Problem(kind, f"{named} is not understood; send {' or '.join(accepted)}, and name it in Content-Type.")


def install_problem_handlers(app: FastAPI, table: Mapping[type[Exception], TableEntry]) -> None:
    """Answer every error as a problem; `table` says which kind each error of the domain is, or makes its problem."""
    app.exception_handler(RequestValidationError)(_validation_failed)
    app.exception_handler(Problem)(_problem_raised)
    app.exception_handler(HTTPException)(_http_error)
    for away in (OperationalError, InterfaceError, PoolTimeoutError, ConnectionError):
        app.add_exception_handler(away, _dependency_away)
    # SQLAlchemy wraps what goes wrong in a statement; what goes wrong in connecting is the driver's own.
    for refused in (DBAPIError, PostgresError, InternalClientError):
        app.add_exception_handler(refused, _database_refused)
    app.add_exception_handler(Exception, _unexpected)
    for error_type, kind in table.items():
        app.add_exception_handler(error_type, _domain_error_handler(kind))
