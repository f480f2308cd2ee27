"""The OpenAPI document: every operation names its problems, by status, and the headers of its answers."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.params import Form
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import BaseRoute

from parking_chassis.problems import INVALID_REQUEST, MEDIA_TYPE, UNAVAILABLE, UNSUPPORTED_MEDIA_TYPE, ProblemKind

KINDS = "problem_kinds"
CARRIED = "carried_headers"
SCHEMAS = "#/components/schemas/"
SUCCESSES = range(200, 300)
HEADERS = {
    "Accept": "the media types that are understood instead",
    "Cache-Control": "who may keep the answer",
    "ETag": "the version that this is; where a change takes `If-Match`, it goes there",
    "Idempotent-Replayed": "`true` where this answer was given before, to the same request with the same key",
    "Link": 'the next page, as `<address>; rel="next"`; missing on the last one',
    "Location": "where what was made is found",
    "Retry-After": "after how many seconds the same request may succeed",
    "WWW-Authenticate": "how to sign in (RFC 6750)",
}
"""What each header of an answer says."""

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "An error (RFC 9457). Go by `type`: each operation names the types that it answers with. "
    "A type that carries more members has a schema of its own, such as `InvalidRequestProblem` with its `errors`. "
    "A type that you do not know is to be read by its `status`.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "a stable slug path, such as /problems/not-found"},
        "title": {"type": "string", "description": "the type in words, which may change"},
        "status": {"type": "integer", "description": "that of the answer"},
        "detail": {"type": "string", "description": "what is wrong this time, for a person"},
        "instance": {"type": "string", "description": "the path that was asked"},
        "request_id": {"type": "string", "description": "what to quote when you ask for help; in `X-Request-ID` too"},
    },
}
PROBLEM_CONTENT: dict[str, Any] = {MEDIA_TYPE: {"schema": {"$ref": f"{SCHEMAS}Problem"}}}
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


def carries[**Given, Result](
    *headers: str,
) -> Callable[[Callable[Given, Result]], Callable[Given, Result]]:
    """Say of an endpoint which of `HEADERS` its own answer carries, beside those that the document knows by itself."""

    def mark(function: Callable[Given, Result]) -> Callable[Given, Result]:
        setattr(function, CARRIED, headers)
        return function

    return mark


def complete(document: dict[str, Any], routes: Sequence[BaseRoute]) -> None:
    """Add to each operation the problems that `may_answer` names for it, those of all, and its answers' headers."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = PROBLEM_SCHEMA
    for route in iter_route_contexts(routes):
        path = document["paths"].get(route.path_format, {})
        for method in route.methods or ():
            if operation := path.get(method.lower()):
                _add_headers(operation, route.original_route)
                responses = operation["responses"]
                kinds = [*_kinds(route.dependant), *_of_body(route.original_route)]
                for status, response in _responses(kinds, schemas):
                    responses.setdefault(status, response)


def _add_headers(operation: dict[str, Any], route: BaseRoute) -> None:
    names = {parameter["name"] for parameter in operation.get("parameters", ())}
    of_each = ["Idempotent-Replayed"] if "Idempotency-Key" in names else []
    of_its_own = [*getattr(getattr(route, "endpoint", None), CARRIED, ()), *of_each]
    of_its_own += ["Link"] if names & {"cursor", "offset"} else []
    own = str(getattr(route, "status_code", None) or 200)
    for status, response in operation["responses"].items():
        if status.isdigit() and int(status) in SUCCESSES and (named := of_its_own if status == own else of_each):
            response["headers"] = described(*named) | response.get("headers", {})


def described(*names: str) -> dict[str, Any]:
    """Headers as the document has them."""
    return {name: {"description": HEADERS[name], "schema": {"type": "string"}} for name in names}


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


def _responses(kinds: Iterable[ProblemKind], schemas: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    by_status: dict[int, list[ProblemKind]] = {}
    for kind in kinds:
        by_status.setdefault(kind.status, []).append(kind)
    for status, alike in sorted(by_status.items()):
        headers = described(*dict.fromkeys(name for kind in alike for name in kind.headers))
        response: dict[str, Any] = {
            "description": "; ".join(dict.fromkeys(f"{kind.title} (`{kind.slug}`)" for kind in alike)),
            "content": {MEDIA_TYPE: {"schema": _schema(alike, schemas)}},
        }
        yield str(status), response | ({"headers": headers} if headers else {})


def _schema(kinds: Iterable[ProblemKind], schemas: dict[str, Any]) -> dict[str, Any]:
    """What problems of these kinds look like, by reference to schemas that are added where they are missing."""
    names = dict.fromkeys(_named_schema(kind, schemas) for kind in kinds)
    # One without members of its own fits all.
    ordered = sorted(names, key="Problem".__eq__)
    references = [{"$ref": f"{SCHEMAS}{name}"} for name in ordered]
    return {"anyOf": references} if len(references) > 1 else references[0]


def _named_schema(kind: ProblemKind, schemas: dict[str, Any]) -> str:
    if kind.members is None:
        return "Problem"
    name = "".join(word.capitalize() for word in kind.slug.split("-")) + "Problem"
    members = kind.members.model_json_schema(ref_template=f"{SCHEMAS}{{model}}", mode="serialization")
    for part, schema in members.pop("$defs", {}).items():
        schemas.setdefault(part, schema)
    typed = {"type": {"const": f"/problems/{kind.slug}"}, **members["properties"]}
    schemas[name] = {
        "description": kind.title,
        "allOf": [
            {"$ref": f"{SCHEMAS}Problem"},
            {"type": "object", "properties": typed, "required": ["type", *members.get("required", ())]},
        ],
    }
    return name
