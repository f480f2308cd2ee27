"""The HTTP application that every service starts from."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute

from parking_chassis.access_tokens import AccessTokenVerifier
from parking_chassis.api_document import ANY_PROBLEM, name_problems
from parking_chassis.health import ReadinessCheck, health_router
from parking_chassis.problems import TableEntry, install_problem_handlers
from parking_chassis.request_context import RequestContext
from parking_chassis.schemas import refuse_nul
from parking_chassis.telemetry import TracedApplication

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


class _Application(TracedApplication):
    """An application whose document names the problems of each operation."""

    def openapi(self) -> dict[str, Any]:
        """See FastAPI, which keeps it."""
        document = super().openapi()
        if "Problem" not in document.get("components", {}).get("schemas", {}):
            name_problems(document, self.routes)
        return document


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
    app = _Application(
        title=title,
        description=description,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        generate_unique_id_function=_operation_id,
        responses={"default": ANY_PROBLEM},
        dependencies=[Depends(refuse_nul)],
    )
    app.state.token_verifier = token_verifier
    app.include_router(health_router(readiness))
    for router in routers:
        app.include_router(router)
    install_problem_handlers(app, problems)
    app.add_middleware(RequestContext)
    return app


def _operation_id(route: APIRoute) -> str:
    """The use case's own name: `register_user`, not a string made of path and method."""
    return route.name
