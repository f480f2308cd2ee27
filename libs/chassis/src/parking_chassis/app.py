"""The HTTP application that every service starts from."""

from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from parking_chassis.access_tokens import AccessTokenVerifier
from parking_chassis.api_document import ANY_PROBLEM, complete
from parking_chassis.health import ReadFigures, ReadinessCheck, health_router
from parking_chassis.metrics import expect_errors
from parking_chassis.problems import TableEntry, install_problem_handlers
from parking_chassis.request_context import QUIET, CompleteAnswers, RequestContext
from parking_chassis.schemas import check_request
from parking_chassis.telemetry import TracedApplication

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


class _Application(CompleteAnswers, TracedApplication):
    """An application whose document names the problems and headers of each operation."""

    def openapi(self) -> dict[str, Any]:
        """See FastAPI, which keeps it."""
        document = super().openapi()
        if "Problem" not in document.get("components", {}).get("schemas", {}):
            complete(document, self.routes)
        return document


def create_app(
    title: str,
    description: str,
    *,
    routers: Sequence[APIRouter],
    problems: Mapping[type[Exception], TableEntry],
    readiness: Mapping[str, ReadinessCheck],
    token_verifier: AccessTokenVerifier,
    figures: Sequence[ReadFigures] = (),
    lifespan: Lifespan | None = None,
) -> FastAPI:
    """An application with the conventions of the public contract: problems, ids, health, metrics, traces, OpenAPI.

    Within its `lifespan` it keeps up with the logins that end (`AccessTokenVerifier.following`). `figures` are read
    each time somebody asks for the metrics (`parking_chassis.health`).
    """

    @asynccontextmanager
    async def running(app: FastAPI) -> AsyncGenerator[None]:
        async with lifespan(app) if lifespan else nullcontext(), token_verifier.following():
            yield

    app = _Application(
        title=title,
        description=description,
        docs_url=None,
        redoc_url=None,
        lifespan=running,
        generate_unique_id_function=_operation_id,
        responses={"default": ANY_PROBLEM},
        dependencies=[Depends(check_request)],
        # Starlette's redirect of a trailing slash would lead to whatever `Host` the client wrote.
        redirect_slashes=False,
    )
    app.state.token_verifier = token_verifier
    app.include_router(health_router(readiness, figures))
    for router in routers:
        app.include_router(router)
    install_problem_handlers(app, problems)
    app.add_middleware(RequestContext)
    expect_errors(*_measured(app))
    return app


def _measured(app: FastAPI) -> Iterator[str]:
    """The routes as the metrics name them."""
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, APIRoute) and route.path and route.path not in QUIET:
            yield route.path


def _operation_id(route: APIRoute) -> str:
    """The use case's own name: `register_user`, not a string made of path and method."""
    return route.name
