"""The HTTP application that every service starts from."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from parking_chassis.access_tokens import AccessTokenVerifier
from parking_chassis.health import ReadinessCheck, health_router
from parking_chassis.problems import MEDIA_TYPE, TableEntry, install_problem_handlers
from parking_chassis.request_context import RequestContext
from parking_chassis.telemetry import trace_app

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "a stable slug path, such as /problems/not-found"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}


def create_app(
    title: str,
    description: str,
    *,
    routers: Sequence[APIRouter],
    problems: Mapping[type[Exception], TableEntry],
    readiness: Mapping[str, ReadinessCheck],
    token_verifier: AccessTokenVerifier,
    lifespan: Lifespan | None = None,
) -> FastAPI:
    """An application with the conventions of the public contract: problems, ids, health, metrics, traces, OpenAPI."""
    app = FastAPI(
        title=title,
        description=description,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        generate_unique_id_function=_operation_id,
        responses={
            "default": {
                "description": "A problem (RFC 9457)",
                "content": {MEDIA_TYPE: {"schema": PROBLEM_SCHEMA}},
            }
        },
    )
    app.state.token_verifier = token_verifier
    app.include_router(health_router(readiness))
    for router in routers:
        app.include_router(router)
    install_problem_handlers(app, problems)
    app.add_middleware(RequestContext)
    trace_app(app)
    return app


def _operation_id(route: APIRoute) -> str:
    """The use case's own name: `register_user`, not a string made of path and method."""
    return route.name
