"""The OpenAPI document: every operation names the problems that it may answer with, by status."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.params import Form
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import BaseRoute

from parking_chassis.problems import INVALID_REQUEST, MEDIA_TYPE, UNAVAILABLE, UNSUPPORTED_MEDIA_TYPE, ProblemKind

KINDS = "problem_kinds"

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "What was wrong (RFC 9457). Some types carry members of their own: each operation names its.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "a stable slug path, such as /problems/not-found: decide by it"},
        "title": {"type": "string", "description": "the type in words, the same for all of it"},
        "status": {"type": "integer", "description": "the HTTP status"},
        "detail": {"type": "string", "description": "what was wrong this time, and what to do: for people to read"},
        "instance": {"type": "string", "description": "the path that was asked for"},
        "request_id": {"type": "string", "description": "names this request in the platform's logs"},
        "errors": {
            "type": "array",
            "description": "of a request that is not valid: each field that breaks a rule",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "a JSON pointer into the body, such as /lines/0/amount; else query/NAME, "
                        "path/NAME or header/NAME",
                    },
                    "detail": {"type": "string", "description": "the rule"},
                },
            },
        },
    },
    "additionalProperties": True,
}
PROBLEM_CONTENT: dict[str, Any] = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
# Whatever else goes wrong here or on the way, such as at the gateway, has the same shape.
ANY_PROBLEM: dict[str, Any] = {"description": "A problem (RFC 9457)", "content": PROBLEM_CONTENT}


def may_answer[**Given, Result](
    *kinds: ProblemKind,
) -> Callable[[Callable[Given, Result]], Callable[Given, Result]]:
    """Say of an endpoint, or of what it depends on, which problems it may answer with."""

    def mark(function: Callable[Given, Result]) -> Callable[Given, Result]:
        setattr(function, KINDS, kinds)
        return function

    return mark


def name_problems(document: dict[str, Any], routes: Sequence[BaseRoute]) -> None:
    """Add to each operation of the document the problems that `may_answer` names for it, and those of all."""
    document.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
    for route in iter_route_contexts(routes):
        path = document["paths"].get(route.path_format, {})
        for method in route.methods or ():
            if operation := path.get(method.lower()):
                responses = operation["responses"]
                kinds = [*_kinds(route.dependant), *_of_body(route.original_route)]
                for status, response in _responses(kinds):
                    responses.setdefault(status, response)


def _kinds(dependant: Dependant) -> Iterator[ProblemKind]:
    yield from _marked(dependant)
    yield INVALID_REQUEST  # if only for a parameter that there is not
    yield UNAVAILABLE


def _of_body(route: BaseRoute) -> Iterator[ProblemKind]:
    body = route.body_field if isinstance(route, APIRoute) else None
    if body is not None and not isinstance(body.field_info, Form):
        yield UNSUPPORTED_MEDIA_TYPE


def _marked(dependant: Dependant) -> Iterator[ProblemKind]:
    yield from getattr(dependant.call, KINDS, ())
    for each in dependant.dependencies:
        yield from _marked(each)


def _responses(kinds: Iterable[ProblemKind]) -> Iterator[tuple[str, dict[str, Any]]]:
    by_status: dict[int, list[ProblemKind]] = {}
    for kind in kinds:
        by_status.setdefault(kind.status, []).append(kind)
    for status, alike in sorted(by_status.items()):
        headers = {name: {"schema": {"type": "string"}} for kind in alike for name in kind.headers}
        response: dict[str, Any] = {
            "description": "; ".join(dict.fromkeys(kind.title for kind in alike)),
            "content": PROBLEM_CONTENT,
        }
        yield str(status), response | ({"headers": headers} if headers else {})
